/**
 * Settings: one table with every name, variable, shape and default, and the only code that reads the environment.
 */
export { writeSetting } from './config-file.ts'
export { flagName, loadSettings, settingNamed, type LoadedSettings, type Origin } from './load.ts'
export { ProfileBook, profileBook, type Profile } from './profiles.ts'
export { secretSettings, settingsTable, type SettingName, type Settings } from './settings.ts'
