/** What `ninefold --help` prints. */
export const HELP = `ninefold shares host folders, and anything that can look like one, with virtual machines over 9P.

usage: ninefold [options]             serve until Ctrl-C
       ninefold plugins [options]     what drivers, layers and transports there are, and who brings them
       ninefold demo [FOLDER]         an embedded guest on FOLDER (or a sample), no VM needed

what is shared, and with whom (QEMU's words; a comma in a value is written ,,):
  -fsdev local,id=ID,path=DIR,security_model=passthrough|none[,readonly=on]
  -fsdev memory,id=ID                                        a tree in memory
  -device virtio-9p-pci,fsdev=ID,mount_tag=TAG,socket=PATH   a virtio device, by vhost-user
  -device virtio-9p-device,…                                 the same for virtio-mmio (microvm)
  -virtfs local,path=DIR,security_model=…,mount_tag=TAG,socket=PATH
                                                             -fsdev and -device in one
  -listen unix:PATH,fsdev=ID                                 for mount -t 9p -o trans=unix
  -listen tcp:[HOST:]PORT,fsdev=ID,allow-unauthenticated=on  for trans=tcp; 127.0.0.1 unless HOST is given
     socket-mode=0600, socket-group=NAME                     who may connect to a Unix socket

  --config FILE      all of the above in YAML (see docs/CONFIGURATION.md)
  --plugin NAME      an npm package, or a path, that brings drivers, layers or transports
  --inline           serve in this one process instead of one process for each fsdev
  --log-level ${"silent|error|warn|info|debug|trace"}
  --log-format text|json
  --trace            one readable line for each 9P message
  --help, --version
`;
