/** Characters: with the path of its node, and in any encoding, this fits into one message to xenstored. */
const MOST = 1000;

/** A reason as it is written to xenstore. What a guest has written may be in it, and may be as long as xenstored allows. */
export function errorText(reason: string): string {
  return reason.length > MOST ? `${reason.slice(0, MOST)}…` : reason;
}
