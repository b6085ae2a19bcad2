import { S_IFIFO } from "@ninefold/core/contracts";
import { describe, expect, test } from "vitest";
import { codeOf, freshTree, made, writeFile } from "./helpers.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe.each(["none", "passthrough"] as const)("extended attributes (%s)", (security_model) => {
  test("are set, replaced, listed and removed; an empty value is a value", async () => {
    const { root } = await freshTree({ security_model });
    const node = await writeFile(root, "f", "");
    await node.setXattr("user.a", bytes("1"), "create");
    expect(await codeOf(node.setXattr("user.a", bytes("2"), "create"))).toBe("EEXIST");
    await node.setXattr("user.a", bytes("22"), "replace");
    expect(await codeOf(node.setXattr("user.b", bytes(""), "replace"))).toBe("ENODATA");
    await node.setXattr("user.b", bytes(""), "set");
    expect([...(await node.listXattrs())].sort()).toEqual(["user.a", "user.b"]);
    expect(await node.getXattr("user.a")).toEqual(bytes("22"));
    expect(await node.getXattr("user.b")).toEqual(bytes(""));
    await node.removeXattr("user.a");
    expect(await codeOf(node.getXattr("user.a"))).toBe("ENODATA");
    expect(await codeOf(node.removeXattr("user.a"))).toBe("ENODATA");
    expect(await node.listXattrs()).toEqual(["user.b"]);
  });

  test("of the host's own namespaces are not the guest's", async () => {
    const { root } = await freshTree({ security_model });
    const node = await writeFile(root, "f", "");
    for (const name of ["security.selinux", "security.capability", "trusted.overlay.opaque", "nonsense"]) {
      expect(await codeOf(node.getXattr(name))).toBe("EOPNOTSUPP");
      expect(await codeOf(node.setXattr(name, bytes("x"), "set"))).toBe("EOPNOTSUPP");
      expect(await codeOf(node.removeXattr(name))).toBe("EOPNOTSUPP");
    }
  });

  test("work on directories, and are refused on special files by the kernel", async () => {
    const { root } = await freshTree({ security_model });
    const d = await root.mkdir("d", made(0o755));
    await d.setXattr("user.a", bytes("x"), "set");
    expect(await d.listXattrs()).toEqual(["user.a"]);
    const fifo = await root.mknod("p", 0, made(S_IFIFO | 0o644));
    expect(await codeOf(fifo.setXattr("user.a", bytes("x"), "set"))).toBe("EPERM");
    expect(await fifo.listXattrs()).toEqual([]);
  });

  test("may be large", async () => {
    const { root } = await freshTree({ security_model });
    const node = await writeFile(root, "f", "");
    const value = crypto.getRandomValues(new Uint8Array(3000));
    await node.setXattr("user.big", value, "set");
    expect(await node.getXattr("user.big")).toEqual(value);
    expect(await codeOf(node.setXattr("user.huge", new Uint8Array(65_537), "set"))).toBe("E2BIG");
  });
});

describe("POSIX ACLs", () => {
  /** Version 2: user::rw-, user:1000:r--, group::r--, mask::r--, other::---. */
  const acl = new Uint8Array(4 + 5 * 8);
  const view = new DataView(acl.buffer);
  view.setUint32(0, 2, true);
  const entries = [
    [1, 6, -1],
    [2, 4, 1000],
    [4, 4, -1],
    [16, 4, -1],
    [32, 0, -1],
  ] as const;
  for (const [i, [tag, rights, id]] of entries.entries()) {
    view.setUint16(4 + i * 8, tag, true);
    view.setUint16(6 + i * 8, rights, true);
    view.setInt32(8 + i * 8, id, true);
  }

  test("are kept by passthrough and refused by none", async () => {
    const kept = await freshTree({ security_model: "passthrough" });
    const node = await writeFile(kept.root, "f", "");
    const code = await codeOf(node.setXattr("system.posix_acl_access", acl, "set"));
    if (code === "none") {
      expect(await node.getXattr("system.posix_acl_access")).toEqual(acl);
      expect(await node.listXattrs()).toEqual(["system.posix_acl_access"]);
    } else {
      // The file system of the temporary folder was mounted without ACLs.
      expect(code).toBe("EOPNOTSUPP");
    }
    const { root } = await freshTree({ security_model: "none" });
    const other = await writeFile(root, "f", "");
    expect(await codeOf(other.setXattr("system.posix_acl_access", acl, "set"))).toBe("EOPNOTSUPP");
  });
});
