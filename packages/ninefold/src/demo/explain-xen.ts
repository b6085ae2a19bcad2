import { explainOffers, parseConfig } from "@ninefold/core";
import { describeExplanation } from "../attach/describe.ts";
import { offersOf } from "../attach/read-offers.ts";
import { DEFAULT_PLUGINS } from "../default-plugins.ts";
import { CAPTURED_XENSTORE } from "./captured-xenstore.ts";

const COMMAND_LINE = `\
-fsdev local,id=fs0,path=/srv/vm/web,security_model=none -fsdev memory,id=scratch
-device virtio-9p-pci,id=d0,fsdev=fs0,mount_tag=site -device xen-9p,id=x0,fsdev=scratch,mount_tag=logs
-xen-attach --attach steal --attach xen-9p`;

/** What each attach strategy would do with the offers of a captured xenstore, without Xen. */
export async function explainXen(): Promise<string> {
  const config = parseConfig(
    {
      fsdevs: {
        fs0: { driver: "local", path: "/srv/vm/web", security_model: "none" },
        scratch: { driver: "memory" },
      },
      devices: [
        { type: "virtio-9p-pci", id: "d0", fsdev: "fs0", mount_tag: "site" },
        { type: "xen-9p", id: "x0", fsdev: "scratch", mount_tag: "logs" },
      ],
      xen: { attach: ["steal", "xen-9p"] },
    },
    { baseDirectory: "/" },
  );
  const offers = await offersOf(CAPTURED_XENSTORE, "the captured xenstore");
  const explanation = await explainOffers({ config, plugins: DEFAULT_PLUGINS }, offers);
  return `\
which fsdev answers which Xen guest? A captured xenstore, and this command line:
${COMMAND_LINE.replaceAll(/^/gm, "  ")}

${describeExplanation(explanation)}
the same for your own xenstore (xenstore-ls -fp >FILE): npm run ninefold -- attach --explain --xenstore-ls FILE …
`;
}
