import { gzipSync } from "node:zlib";

/** Packs files: a tar of one block of header and the content for each, gzipped. */
export function archive(files) {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(Buffer.byteLength(text).toString(8).padStart(11, "0") + "\0", 124);
    header.write("        0ustar\x0000", 148);
    header.write(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ", 148);
    const content = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    content.write(text);
    return [header, content];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}
