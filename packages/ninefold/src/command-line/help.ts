/** What `ninefold --help` prints. */
export const HELP: string = `ninefold shares host folders, and anything that can look like one, with virtual machines over 9P.

usage: ninefold [options]             serve until Ctrl-C
       ninefold attach --explain …    what each attach strategy would do with a Xen toolstack's offers, and why
       ninefold status --control PATH [--json]
                                      fsdevs, devices, lanes, offers of a server that runs
       ninefold fsdev add|del|list, device add|del|list --control PATH [--json] [--force]
                                      change what a server that runs serves: fsdev add local,id=ID,path=DIR,…
       ninefold reload --control PATH|--config FILE [--json] [--force]
                                      read the configuration file again (SIGHUP does it too), and say what became of it
       ninefold convert DIR --from MODEL --to MODEL [--dry-run]
                                      a folder that nobody serves just now, from one security model to another
       ninefold check DIR [--fix]     what is wrong with the metadata of a mapped folder, and mends it
       ninefold plugins [options]     what drivers, layers and transports there are, and who brings them
       ninefold init driver FOLDER    a driver's project of one's own, with its tests
       ninefold doctor [--json]       what is missing on this machine for each way of serving, and how to get it
       ninefold demo [FOLDER]         an embedded guest on FOLDER (or a sample), no VM needed

what is shared, and with whom (QEMU's words; a comma in a value is written ,,):
  -fsdev local,id=ID,path=DIR,security_model=passthrough|none[,readonly=on]
     throttling.bps-total=N, max_xattr=N, …                  all that QEMU's -fsdev takes (docs/CONFIGURATION.md)
  -fsdev memory,id=ID                                        a tree in memory
  -fsdev sqlite,id=ID,path=FILE                              a tree in one SQLite file
  -device virtio-9p-pci,fsdev=ID,mount_tag=TAG,socket=PATH   a virtio device, by vhost-user
  -device virtio-9p-device,…                                 the same for virtio-mmio (microvm)
  -virtfs local,path=DIR,security_model=…,mount_tag=TAG,socket=PATH
                                                             -fsdev and -device in one
  -listen unix:PATH,fsdev=ID                                 for mount -t 9p -o trans=unix
  -listen tcp:[HOST:]PORT,fsdev=ID,allow-unauthenticated=on  for trans=tcp; 127.0.0.1 unless HOST is given
     socket-mode=0600, socket-group=NAME                     who may connect to a Unix socket

whom Xen guests are answered by (docs/ATTACHING-TO-XEN.md):
  -xen-attach [-xen-domid N]         answer the offers in xenstore: all guests', or one's
  --attach STRATEGY[,OPTION=VALUE]   steal[,force=on], xen-9p, fsdev-only[,override=xenstore|fsdev], xenstore, or another
                                     plugin's; given several times, they are tried in this order
  -device virtio-9p-pci,fsdev=ID,mount_tag=TAG   a device to steal needs no socket=
  -device xen-9p,fsdev=ID,mount_tag=TAG          a note for the strategy xen-9p; no guest sees it
  --allow DIR                        a folder that the strategy xenstore may share, such as '/srv/vm/*'
  --xen restore=off,limits=ignore    other keys of xen
  --xenstore SOCKET                  where xenstored listens
  --xenstore-ls FILE                 for attach --explain: what xenstore-ls -f has printed, here or elsewhere
  xl itself starts ninefold-xen-dm, a PV guest's device model, and ninefold-xen-9pfsd in the place of its xen-9pfsd

  --control PATH     a socket for ninefold status, fsdev and device, with mode 0600
  --config FILE      all of the above in YAML (see docs/CONFIGURATION.md)
  --plugin NAME      an npm package, or a path, that brings drivers, layers or transports
  --inline           serve in this one process instead of one process for each fsdev
  --restart          serve an fsdev again when its process has died; its guests mount again
  --log-level ${"silent|error|warn|info|debug|trace"}
  --log-format text|json
  --trace            one readable line for each 9P message
  --help, --version
`;
