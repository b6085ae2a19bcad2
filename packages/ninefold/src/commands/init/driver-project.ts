/** The files of a new driver's project, by name. Plain JavaScript with types in comments: nothing needs to be built. */
export function driverProject(name: string, version: string): Readonly<Record<string, string>> {
  const manifest = {
    name,
    version: "0.1.0",
    description: "A file-tree driver for Ninefold",
    type: "module",
    exports: { ".": "./index.js" },
    files: ["index.js"],
    keywords: ["9p-plugin"],
    scripts: { test: "node --test" },
    engines: { node: ">=24" },
    dependencies: { zod: "^4.0.0" },
    peerDependencies: { "@ninefold/core": `^${version}` },
    devDependencies: {
      "@ninefold/compliance": `^${version}`,
      "@ninefold/core": `^${version}`,
      ninefold: `^${version}`,
    },
  };
  return {
    "package.json": `${JSON.stringify(manifest, undefined, 2)}\n`,
    "index.js": INDEX.replaceAll("my-driver", name),
    "driver.test.js": TEST.replaceAll("my-driver", name),
    "ninefold.yaml": CONFIG.replaceAll("my-driver", name),
    "README.md": README.replaceAll("my-driver", name),
  };
}

const INDEX = `// @ts-check
import { BaseFile, NamedNode, NamedTree } from "@ninefold/core/bases";
import { definePlugin, FS_DRIVER, FsError, OPEN, S_IFDIR } from "@ninefold/core/contracts";
import { z } from "zod";

/** @import { FsDriver, IoVec } from "@ninefold/core/contracts" */

const MAX_SIZE = 64 * 1024 * 1024;

/** A file or folder. Names, times and keys are NamedNode's; what is in a file is ours. */
class Node extends NamedNode {
  bytes = new Uint8Array(0);

  get size() {
    return this.bytes.length;
  }

  /** @param {number} size @override */
  resize(size) {
    if (size > MAX_SIZE) throw new FsError("EFBIG");
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
    this.touch();
  }

  /** @param {string} name @param {number} mode @override */
  makeChild(name, mode) {
    return new Node(this, name, mode);
  }

  /** @param {number} flags @override */
  openFile(flags) {
    return new File(this, flags);
  }
}

class File extends BaseFile {
  /** @param {Node} node @param {number} flags */
  constructor(node, flags) {
    super();
    this.node = node;
    this.flags = flags;
  }

  /** @param {number} offset @param {IoVec} into @override */
  async read(offset, into) {
    if ((this.flags & OPEN.ACCESS) === OPEN.WRITE) throw new FsError("EBADF");
    const count = Math.min(into.length, this.node.size - offset);
    return count > 0 ? into.scatter(0, this.node.bytes, offset, count) : 0;
  }

  /** @param {number} offset @param {IoVec} from @override */
  async write(offset, from) {
    if ((this.flags & OPEN.ACCESS) === OPEN.READ) throw new FsError("EBADF");
    if (from.length === 0) return 0;
    const at = (this.flags & OPEN.APPEND) === 0 ? offset : this.node.size;
    this.node.resize(Math.max(this.node.size, at + from.length));
    return from.gather(0, this.node.bytes, at, from.length);
  }
}

/** @param {{ greeting?: string }} options */
export function openTree({ greeting } = {}) {
  const root = new Node(undefined, "", S_IFDIR | 0o755);
  if (greeting !== undefined) {
    const file = root.add(root.makeChild("greeting", 0o100644));
    file.bytes = new TextEncoder().encode(\`\${greeting}\\n\`);
  }
  return new NamedTree(root, { readOnly: false });
}

/** @type {FsDriver<{ greeting?: string }>} */
export const driver = {
  name: "my-driver",
  description: "says what it is",
  schema: z.strictObject({ greeting: z.string().optional() }),
  open: async (options) => openTree(options),
};

export default definePlugin({
  name: "my-driver",
  apiVersion: 1,
  contributes: { "fs-driver": ["my-driver"] },
  register: (registry) => registry.register(FS_DRIVER, driver),
});
`;

const TEST = `import { describe, it } from "node:test";
import { fsDriverCompliance } from "@ninefold/compliance/fs-driver";
import { driver, openTree } from "my-driver";

fsDriverCompliance({ describe, it }, "my-driver", {
  driver,
  driverOptions: { greeting: "hello" },
  setup: () => openTree(),
});
`;

const CONFIG = `plugins: [my-driver]
fsdevs:
  fs0:
    driver: my-driver
    greeting: hello from my-driver
devices:
  - type: virtio-9p-pci
    fsdev: fs0
    mount_tag: host
    socket: my-driver.sock
`;

const README = `# my-driver

A file-tree driver for [Ninefold](https://www.npmjs.com/package/ninefold): \`-fsdev my-driver,id=fs0,greeting=hello\`.

\`npm test\` runs Ninefold's compliance suite. \`npx ninefold --config ninefold.yaml\` serves it to a VM.
`;
