// Exchanges two names in a tight loop until it is killed: what an attacker on the host, or in another guest, does.
import { O_DIRECTORY, O_PATH, openat, RENAME_EXCHANGE, renameat2 } from "@ninefold/native";

const [folder = "", first = "", second = ""] = process.argv.slice(2);
const fd = openat(-100, folder, O_PATH | O_DIRECTORY);
process.stdout.write("swapping\n");
for (;;) renameat2(fd, first, fd, second, RENAME_EXCHANGE);
