/** Where an entry's bytes lie in a zip whose entries are stored, not compressed. */
export interface ZipPlace {
  readonly byteOffset: number;
  readonly byteLength: number;
}

const endSignature = 0x0605_4b50;
const end64Signature = 0x0606_4b50;
const locator64Signature = 0x0706_4b50;
const centralSignature = 0x0201_4b50;
const localSignature = 0x0403_4b50;
const all32 = 0xffff_ffff;

/**
 * Finds the entries of a zip without reading their contents; null where the file is no zip, is damaged, or has a compressed
 * entry. Files beyond 4 GiB (zip64) are read, too. Format: PKWARE's APPNOTE 6.3.
 */
export async function zipEntries(file: Blob): Promise<ReadonlyMap<string, ZipPlace> | null> {
  const read = async (from: number, length: number) => {
    const bytes = await file.slice(from, from + length).arrayBuffer();
    return bytes.byteLength === length ? new DataView(bytes) : null;
  };
  // The end record is 22 bytes, and a comment of up to 65,535 may follow it.
  const tailLength = Math.min(file.size, 22 + 0xffff);
  const tailAt = file.size - tailLength;
  const tail = await read(tailAt, tailLength);
  if (!tail) return null;
  let end = tailLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== endSignature) end--;
  if (end < 0) return null;

  let directoryBytes = tail.getUint32(end + 12, true);
  let directoryAt = tail.getUint32(end + 16, true);
  if (directoryAt === all32 || directoryBytes === all32) {
    const locator = end >= 20 && tail.getUint32(end - 20, true) === locator64Signature ? end - 20 : -1;
    if (locator < 0) return null;
    const record = await read(Number(tail.getBigUint64(locator + 8, true)), 56);
    if (!record || record.getUint32(0, true) !== end64Signature) return null;
    directoryBytes = Number(record.getBigUint64(40, true));
    directoryAt = Number(record.getBigUint64(48, true));
  }
  const directory = await read(directoryAt, directoryBytes);
  if (!directory) return null;

  const places = new Map<string, ZipPlace>();
  const text = new TextDecoder();
  for (let at = 0; at + 46 <= directoryBytes;) {
    if (directory.getUint32(at, true) !== centralSignature) return null;
    const isStored = directory.getUint16(at + 10, true) === 0;
    let byteLength = directory.getUint32(at + 24, true);
    const nameLength = directory.getUint16(at + 28, true);
    const extraLength = directory.getUint16(at + 30, true);
    const commentLength = directory.getUint16(at + 32, true);
    let localAt = directory.getUint32(at + 42, true);
    const extraAt = at + 46 + nameLength;
    const next = extraAt + extraLength + commentLength;
    if (!isStored || next > directoryBytes) return null;
    const name = text.decode(new Uint8Array(directory.buffer, at + 46, nameLength));
    for (let extra = extraAt; extra + 4 <= extraAt + extraLength;) {
      const length = directory.getUint16(extra + 2, true);
      if (directory.getUint16(extra, true) === 1) {
        // zip64: only the fields that did not fit, in this order; stored entries give their size twice.
        let field = extra + 4;
        const big = () => {
          field += 8;
          return field <= extra + 4 + length ? Number(directory.getBigUint64(field - 8, true)) : Number.NaN;
        };
        const isPackedBig = directory.getUint32(at + 20, true) === all32;
        if (byteLength === all32) byteLength = big();
        if (isPackedBig) big();
        if (localAt === all32) localAt = big();
      }
      extra += 4 + length;
    }
    const local = await read(localAt, 30);
    if (!local || local.getUint32(0, true) !== localSignature) return null;
    const byteOffset = localAt + 30 + local.getUint16(26, true) + local.getUint16(28, true);
    if (!(byteOffset + byteLength <= file.size)) return null;
    places.set(name, { byteOffset, byteLength });
    at = next;
  }
  return places;
}
