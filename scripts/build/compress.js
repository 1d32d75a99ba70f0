import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { filesBelow } from './project.js';

const TEXT = /\.(?:css|js|svg)$/;

/** Writes a smaller copy beside each text file, in the codings that browsers take: the server never compresses the same bytes twice. @param {string} directory */
export function compressBelow(directory) {
  for (const path of filesBelow(directory).filter((each) => TEXT.test(each))) {
    const content = readFileSync(path);
    writeFileSync(
      `${path}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
    );
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
}
