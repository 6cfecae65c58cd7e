/**
 * The native addons that a bundle carries: by `${process.platform}-${process.arch}` the .node files,
 * base64. When bundling, build/embed-native-loader.js puts in those that were built; running from
 * source there are none, the addon is loaded from where it was built.
 */
export const EMBEDDED_ADDONS: Readonly<Record<string, readonly string[]>> = {};
