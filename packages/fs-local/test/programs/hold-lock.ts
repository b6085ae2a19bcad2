// Takes a lock as a program of the host does, says whether it got it, and holds it until its input ends.
import { F_RDLCK, F_WRLCK, O_RDWR, ofdLock, openat } from "@ninefold/native";

const [path = "", type = "", start = "0", length = "0"] = process.argv.slice(2);
const fd = openat(-100, path, O_RDWR);
const status = ofdLock(fd, type === "write" ? F_WRLCK : F_RDLCK, Number(start), Number(length));
process.stdout.write(status === 0 ? "held\n" : "refused\n");
process.stdin.on("data", () => {}).on("end", () => process.exit());
