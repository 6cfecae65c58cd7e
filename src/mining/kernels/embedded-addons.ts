/**
 * The native addons in a bundle: by `${process.platform}-${process.arch}` the .node files, in base64. When bundling,
 * build/embed-native-loader.js fills in those that were built. When running from source there are none here: the addon
 * is loaded from where it was built.
 */
export const EMBEDDED_ADDONS: Readonly<Record<string, readonly string[]>> = {};
