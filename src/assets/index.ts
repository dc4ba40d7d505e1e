/**
 * What edge uses and does not ship: models and sample videos, by name. A local mirror first, then the cache, then a
 * verified download that can go on after a break.
 */
export { findAsset, keepAsset, pullAsset, removeAsset } from './kept-assets.ts'
export type { Asset } from './asset.ts'
export { assetManifest, type AssetName } from './manifest.ts'
export { unpinnedModels, unpinnedUrl } from './official-models.ts'
export { assetNames, defaultMirrors, isModelName, resolveAsset } from './resolve-asset.ts'
export type { AssetPlaces, ResolvedAsset, ResolveOptions } from './resolve-asset.ts'
