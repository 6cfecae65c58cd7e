import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

/** What an operating system's loader would read of a library. */
export interface BinaryFile {
  /** the format and the machine, in LLVM's words: 'elf64-x86-64' */
  format: string;
  /** the libraries that it needs */
  libraries: string[];
  /** names in the C sense: without the underscore that macOS puts before each */
  exported: string[];
  imported: string[];
}

const { findToolchain } = createRequire(__filename)('../../build/prebuilds/toolchain.js') as {
  findToolchain: () => Record<string, string>;
};

/** Reads an ELF, PE or Mach-O file with the tools that come with llvm-dlltool. */
export function readBinaryFile(file: string): BinaryFile {
  const headers = llvm('readobj', ['--file-headers', '--needed-libs', file]);
  const format = /^Format: (.*)$/m.exec(headers)![1]!;
  const libraries = listed(/^NeededLibraries \[\n([^\]]*)\]/m.exec(headers)![1]!);
  return { format, libraries, ...(format.startsWith('COFF') ? namesOfPE(file) : namesOf(file)) };
}

function namesOf(file: string): Pick<BinaryFile, 'exported' | 'imported'> {
  const isElf = llvm('readobj', [file]).includes('Format: elf');
  const names = (...which: string[]): string[] =>
    listed(llvm('nm', ['--format=just-symbols', '--extern-only', ...which, file])).map((name) =>
      isElf ? name : name.replace(/^_/, ''),
    );
  const table = isElf ? ['--dynamic'] : [];
  return {
    exported: names('--defined-only', ...table),
    imported: names('--undefined-only', ...table),
  };
}

function namesOfPE(file: string): Pick<BinaryFile, 'exported' | 'imported'> {
  const exports = llvm('readobj', ['--coff-exports', file]);
  const imports = llvm('readobj', ['--coff-imports', file]);
  return {
    exported: [...exports.matchAll(/^ {2}Name: (.*)$/gm)].map(([, name]) => name!),
    imported: [...imports.matchAll(/^ +Symbol: (\S+)/gm)].map(([, name]) => name!),
  };
}

/** Lines that aren't empty, without the spaces around them. */
function listed(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

function llvm(tool: string, args: string[]): string {
  const program = findToolchain()['llvm-dlltool']!.replace('dlltool', tool);
  return execFileSync(program, args, { encoding: 'utf8' });
}

const LC_CODE_SIGNATURE = 0x1d;
const EMBEDDED_SIGNATURE = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const ADHOC = 0x2;
const SHA256 = 2;

/**
 * Checks an ad-hoc signature as macOS does: the hash of every page (Apple's cs_blobs.h, CS_CodeDirectory).
 * @param bytes a 64-bit Mach-O file
 * @returns how many pages it holds, all with the right hash
 * @throws Error when it isn't signed, not ad hoc, or not as it was when it was signed.
 */
export function verifyAdHocSignature(bytes: Buffer): number {
  const signature = bytes.subarray(signatureOffset(bytes));
  if (signature.readUInt32BE(0) !== EMBEDDED_SIGNATURE) throw new Error('no signature');
  const directory = signature.subarray(signature.readUInt32BE(16));
  if (directory.readUInt32BE(0) !== CODE_DIRECTORY) throw new Error('no code directory');
  if ((directory.readUInt32BE(12) & ADHOC) === 0) throw new Error('not signed ad hoc');
  const [hashes, pages, end] = [16, 28, 32].map((offset) => directory.readUInt32BE(offset));
  const [hashSize, hashType, pageBits] = [36, 37, 39].map((offset) => directory.readUInt8(offset));
  if (hashSize !== 32 || hashType !== SHA256) throw new Error('not SHA-256');
  const pageSize = 2 ** pageBits!;
  if (pages !== Math.ceil(end! / pageSize)) throw new Error('pages without a hash');
  for (let page = 0; page < pages; page++) {
    const content = bytes.subarray(page * pageSize, Math.min(end!, (page + 1) * pageSize));
    const hash = directory.subarray(hashes! + page * hashSize, hashes! + (page + 1) * hashSize);
    if (!createHash('sha256').update(content).digest().equals(hash)) {
      throw new Error(`page ${page} is not as signed`);
    }
  }
  return pages;
}

/** By the load commands (Apple's mach-o/loader.h). */
function signatureOffset(bytes: Buffer): number {
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    if (bytes.readUInt32LE(at) === LC_CODE_SIGNATURE) return bytes.readUInt32LE(at + 8);
    at += bytes.readUInt32LE(at + 4);
  }
  throw new Error('not signed');
}
