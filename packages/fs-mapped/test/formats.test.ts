import {
  decodeField,
  encodeField,
  formatMetadataFile,
  guestXattrName,
  hostXattrName,
  isMetadataName,
  type Metadata,
  parseMetadataFile,
} from "@ninefold/fs-mapped/formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const parse = (content: string): Metadata => parseMetadataFile(new TextEncoder().encode(content));

const anyMetadata = fc.record(
  {
    uid: fc.nat({ max: 0xffff_fffe }),
    gid: fc.nat({ max: 0xffff_fffe }),
    mode: fc.nat({ max: 0o177777 }),
    rdev: fc.nat({ max: 0xffff_fffe }),
  },
  { requiredKeys: [] },
);

describe("metadata files", () => {
  test("have a line for each field that is set, in decimal", () => {
    const metadata = { uid: 1000, gid: 100, mode: 0o120777, rdev: 0 };
    expect(text(formatMetadataFile(metadata))).toBe(
      "virtfs.uid=1000\nvirtfs.gid=100\nvirtfs.mode=41471\nvirtfs.rdev=0\n",
    );
    expect(text(formatMetadataFile({ mode: 0o100644 }))).toBe("virtfs.mode=33188\n");
    expect(text(formatMetadataFile({}))).toBe("");
  });

  test("hold numbers of 32 bits with a sign, of which -1 is none", () => {
    expect(text(formatMetadataFile({ uid: 0xffff_fffe, gid: 0xffff_ffff }))).toBe("virtfs.uid=-2\n");
    expect(parse("virtfs.uid=-2\nvirtfs.gid=-1\n")).toEqual({ uid: 0xffff_fffe });
    expect(text(formatMetadataFile({ rdev: 0x1_0000_0005 }))).toBe("virtfs.rdev=5\n");
    expect(parse("virtfs.uid=99999999999\n")).toEqual({ uid: 0x7fff_ffff });
  });

  test("are read in any order, with what is not known passed over and long lines cut at 99 bytes", () => {
    expect(parse("x=1\n\nvirtfs.mode=33188\nvirtfs.uid= 7\nvirtfs.gid\n")).toEqual({
      mode: 0o100644,
      uid: 7,
      gid: 0,
    });
    expect(parse(`${"x".repeat(99)}virtfs.uid=5\n`)).toEqual({ uid: 5 });
    expect(parse(`${"x".repeat(98)}virtfs.uid=5\n`)).toEqual({});
    expect(parse("virtfs.uid=1\nvirtfs.uid=2\n\n\n")).toEqual({ uid: 2 });
  });

  test("say what was written into them, and are read whatever they hold", () => {
    fc.assert(
      fc.property(anyMetadata, (metadata) => {
        expect(parseMetadataFile(formatMetadataFile(metadata))).toEqual(metadata);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        for (const value of Object.values(parseMetadataFile(bytes))) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("attributes by name", () => {
  test("are little-endian, of four bytes and of eight for a device", () => {
    expect([...encodeField("uid", 0x0102_0304)]).toEqual([4, 3, 2, 1]);
    expect([...encodeField("mode", 0o100644)]).toEqual([0xa4, 0x81, 0, 0]);
    expect([...encodeField("rdev", 0x0805)]).toEqual([5, 8, 0, 0, 0, 0, 0, 0]);
    expect(decodeField("uid", Uint8Array.of(0xfe, 0xff, 0xff, 0xff))).toBe(0xffff_fffe);
    expect(decodeField("rdev", encodeField("rdev", 0x1_0000_0005))).toBe(0x1_0000_0005);
    expect(decodeField("uid", new Uint8Array(8))).toBeUndefined();
    expect(decodeField("rdev", new Uint8Array(4))).toBeUndefined();
  });

  test("have other names for ACLs, and guests neither see nor name the rest of the model's own", () => {
    expect(hostXattrName("user.comment")).toBe("user.comment");
    expect(hostXattrName("system.posix_acl_access")).toBe("user.virtfs.system.posix_acl_access");
    for (const name of [
      "user.virtfs.uid",
      "user.virtfs.system.posix_acl_access",
      "trusted.x",
      "security.x",
    ]) {
      expect(hostXattrName(name)).toBeUndefined();
    }
    expect(guestXattrName("user.virtfs.system.posix_acl_default")).toBe("system.posix_acl_default");
    expect(guestXattrName("user.comment")).toBe("user.comment");
    for (const name of ["user.virtfs.mode", "user.virtfs.anything", "security.selinux"]) {
      expect(guestXattrName(name)).toBeUndefined();
    }
  });
});

test("mapped-file keeps two names for itself", () => {
  expect([".virtfs_metadata", ".virtfs_metadata_root", ".virtfs_metadata2"].map(isMetadataName)).toEqual([
    true,
    true,
    false,
  ]);
});
