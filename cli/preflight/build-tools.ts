import { createRequire } from 'node:module';

// What the build knows (build/*.js), with types: it is CommonJS that webpack runs as it is.

const load = createRequire(__filename);

const addons = load('../../build/native-addons') as {
  PLATFORMS: readonly string[];
  platformOf: (file: Buffer) => string | undefined;
  allPrebuilds: () => readonly unknown[];
};
const sdk = load('../../build/sdk') as { resolveSdk: (root: string) => { official: boolean } };

/** What a release carries native code for, such as linux-x64. */
export const { PLATFORMS } = addons;
/** What a file has native code for, by its header. */
export const platformOf = (file: Buffer): string | undefined => addons.platformOf(file);
/** Throws an Error where a platform's is missing. */
export const allPrebuilds = (): readonly unknown[] => addons.allPrebuilds();
/** Whether npm could install the official SDK. */
export const resolveSdk = (root: string): { official: boolean } => sdk.resolveSdk(root);
