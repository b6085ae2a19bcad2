/**
 * What a device type is, whatever its bus: QEMU's `virtio-9p-pci`, `virtio-9p-ccw` and `virtio-9p-device` are all a
 * `virtio-9p`. A type without a bus in its name is itself.
 */
export function interfacesOfType(type: string): readonly string[] {
  return [type.replace(/-(?:pci|ccw|device)$/, "")];
}
