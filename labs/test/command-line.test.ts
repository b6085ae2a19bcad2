import { expect, test } from "vitest";
import { bootGuest, commandLine, type GuestShare } from "../src/index.ts";

const share = (more: Partial<GuestShare>): GuestShare => ({ tag: "host", mountpoint: "/mnt", ...more });

test("each vhost-user share is a device whose configuration space fits its tag", () => {
  const shares = [share({ socket: "/run/a,b" }), share({ tag: "longer", socket: "/run/c" })];
  const argv = commandLine({ kind: "qemu-pci", shares, script: "" });
  expect(argv).toContain("socket,id=share0,path=/run/a,,b");
  expect(argv.filter((word) => word.startsWith("vhost-user-test-device-pci"))).toEqual([
    "vhost-user-test-device-pci,chardev=share0,virtio-id=9,num_vqs=1,vq_size=128,config_size=6",
    "vhost-user-test-device-pci,chardev=share1,virtio-id=9,num_vqs=1,vq_size=128,config_size=8",
  ]);
  const uml = commandLine({ kind: "uml", shares, script: "" });
  expect(uml.slice(-2)).toEqual(["virtio_uml.device=/run/a,b:9", "virtio_uml.device=/run/c:9"]);
});

test("only a guest with a TCP share has a network", () => {
  const network = (kind: "qemu-pci" | "qemu-mmio", shares: GuestShare[]): string[] =>
    commandLine({ kind, shares, script: "" }).filter((word) => word.includes("net"));
  expect(network("qemu-pci", [share({ socket: "/run/a" })])).toEqual([]);
  expect(network("qemu-mmio", [share({ tcp: { host: "127.0.0.1", port: 564 } })])).toEqual([
    "-netdev",
    "user,id=net",
    "virtio-net-device,netdev=net",
  ]);
});

test("a share that no guest of this kind can have is refused before anything is fetched", async () => {
  const tcp = { host: "127.0.0.1", port: 564 };
  await expect(bootGuest({ kind: "uml", shares: [share({ tcp })], script: "" })).rejects.toThrow(
    "no network",
  );
  await expect(bootGuest({ kind: "qemu-pci", shares: [share({})], script: "" })).rejects.toThrow(
    "names 0 servers",
  );
  const both = share({ tcp, socket: "/run/a" });
  await expect(bootGuest({ kind: "qemu-pci", shares: [both], script: "" })).rejects.toThrow(
    "names 2 servers",
  );
});
