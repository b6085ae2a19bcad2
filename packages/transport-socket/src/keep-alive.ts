/** After so long a silence a TCP peer is asked whether it is still there. */
export const KEEP_ALIVE_SECONDS = 60;
