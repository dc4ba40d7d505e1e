/**
 * Settings: one table with every name, variable, shape and default, and the only code that reads the environment.
 */
export { flagName, loadSettings, type LoadedSettings, type Origin } from './load.ts'
export { settingsTable, type SettingName, type Settings } from './settings.ts'
