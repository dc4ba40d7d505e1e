/**
 * What footage costs in the cloud, and what it costs when only events leave the cameras: a pure calculator in whole
 * micro-dollars, price lists with the date and source of every figure, and the volumes that they are applied to.
 */
export { dollars, percent } from './money.ts'
export { ownMeter, tierTexts, type Meter } from './meter.ts'
export { lineKinds, type LineKind, type Scenario, type Usage } from './usage.ts'
export {
  footageScenario,
  imageScenario,
  jobScenario,
  type Footage,
  type Images,
  type JobVolumes,
} from './scenarios.ts'
export { estimate, type Estimate, type Line } from './estimate.ts'
export { providers, type PriceList, type Preset, type Provider } from './preset.ts'
export { listPreset } from './presets/list.ts'
export { seedPreset } from './presets/seed-2023.ts'
