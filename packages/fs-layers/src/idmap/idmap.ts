import { WrappedNode, WrappedTree } from "@ninefold/core/bases";
import {
  AGAIN,
  type AttributeChanges,
  type Attributes,
  type CreateOptions,
  type FsFile,
  type FsLayer,
  type FsNode,
  type FsTree,
  type FsUser,
  type Status,
} from "@ninefold/core/contracts";
import { ACLS, mapAcl } from "./acl.ts";
import { IdMap } from "./id-map.ts";
import { type IdmapOptions, idmapOptions } from "./options.ts";

/** The layer `idmap`: guests' users and groups are others on the host. */
export const idmap: FsLayer<IdmapOptions> = {
  name: "idmap",
  description: "users and groups of guests are others on the host",
  schema: idmapOptions,
  wrap: async (tree, options) => new MappedTree(tree, mapsOf(options)),
};

interface Maps {
  readonly users: IdMap;
  readonly groups: IdMap;
}

function mapsOf(options: IdmapOptions): Maps {
  const squashes = options.others === "squash";
  return {
    users: new IdMap(options.uid, {
      squash: squashes ? options["squash-uid"] : undefined,
      unknown: options["unknown-uid"],
    }),
    groups: new IdMap(options.gid, {
      squash: squashes ? options["squash-gid"] : undefined,
      unknown: options["unknown-gid"],
    }),
  };
}

class MappedTree extends WrappedTree {
  readonly #maps: Maps;

  constructor(inner: FsTree, maps: Maps) {
    super(inner);
    this.#maps = maps;
  }

  override wrap(inner: FsNode): FsNode {
    return new MappedNode(inner, this.#maps);
  }

  /** Refuses who is nobody on the host. */
  override async attach(aname: string, user: FsUser): Promise<FsNode> {
    // Linux's client attaches without a user first, and makes nothing by that.
    const uid = user.uid === -1 ? -1 : this.#maps.users.toHost(user.uid);
    return super.attach(aname, { ...user, uid });
  }
}

class MappedNode extends WrappedNode {
  readonly #maps: Maps;

  constructor(inner: FsNode, maps: Maps) {
    super(inner);
    this.#maps = maps;
  }

  override wrap(inner: FsNode): FsNode {
    return new MappedNode(inner, this.#maps);
  }

  override tryStat(into: Attributes): Status {
    const status = this.inner.tryStat?.(into) ?? AGAIN;
    if (status === 0) this.#show(into);
    return status;
  }

  override async stat(into: Attributes): Promise<void> {
    await this.inner.stat(into);
    this.#show(into);
  }

  override async setattr(changes: AttributeChanges, via: FsFile | undefined): Promise<void> {
    const { users, groups } = this.#maps;
    const { uid, gid } = changes;
    if (uid === undefined && gid === undefined) return super.setattr(changes, via);
    const ids = {
      ...(uid === undefined ? {} : { uid: users.toHost(uid) }),
      ...(gid === undefined ? {} : { gid: groups.toHost(gid) }),
    };
    return super.setattr({ ...changes, ...ids }, via);
  }

  override async create(name: string, flags: number, options: CreateOptions): ReturnType<FsNode["create"]> {
    return super.create(name, flags, this.#owned(options));
  }

  override async mkdir(name: string, options: CreateOptions): Promise<FsNode> {
    return super.mkdir(name, this.#owned(options));
  }

  override async mknod(name: string, rdev: number, options: CreateOptions): Promise<FsNode> {
    return super.mknod(name, rdev, this.#owned(options));
  }

  override async symlink(name: string, target: string, options: CreateOptions): Promise<FsNode> {
    return super.symlink(name, target, this.#owned(options));
  }

  override async getXattr(name: string): Promise<Uint8Array> {
    const value = await super.getXattr(name);
    const { users, groups } = this.#maps;
    if (!ACLS.has(name)) return value;
    return mapAcl(
      value,
      (id) => users.toGuest(id),
      (id) => groups.toGuest(id),
    );
  }

  override async setXattr(
    name: string,
    value: Uint8Array,
    mode: "set" | "create" | "replace",
  ): Promise<void> {
    const { users, groups } = this.#maps;
    if (!ACLS.has(name)) return super.setXattr(name, value, mode);
    const mapped = mapAcl(
      value,
      (id) => users.toHost(id),
      (id) => groups.toHost(id),
    );
    return super.setXattr(name, mapped, mode);
  }

  #show(attributes: Attributes): void {
    attributes.uid = this.#maps.users.toGuest(attributes.uid);
    attributes.gid = this.#maps.groups.toGuest(attributes.gid);
  }

  #owned(options: CreateOptions): CreateOptions {
    const { users, groups } = this.#maps;
    return { ...options, uid: users.ownerOnHost(options.uid), gid: groups.ownerOnHost(options.gid) };
  }
}
