import type { CommandEntry } from './command.ts'

/** Commands about this program and this machine: settings, named APIs, tokens, a stack to try things out. */
export const setupCommands: readonly CommandEntry[] = [
  {
    group: 'config',
    command: 'list',
    describe: 'List all settings with their values and where those come from',
    load: async () => (await import('./commands/config-list.ts')).configList,
  },
  {
    group: 'config',
    command: 'get <name>',
    describe: 'Print the value of a setting',
    load: async () => (await import('./commands/config-get.ts')).configGet,
  },
  {
    group: 'config',
    command: 'set <name> <value>',
    describe: 'Write a setting into config.yaml',
    load: async () => (await import('./commands/config-set.ts')).configSet,
  },
  {
    group: 'profile',
    command: 'list',
    describe: 'List the APIs that have a name here',
    load: async () => (await import('./commands/profile-list.ts')).profileList,
  },
  {
    group: 'profile',
    command: 'show [name]',
    describe: 'Show one of them',
    load: async () => (await import('./commands/profile-list.ts')).profileShow,
  },
  {
    group: 'profile',
    command: 'save <name>',
    describe: 'Keep an address and its token under a name',
    load: async () => (await import('./commands/profile-change.ts')).profileSave,
  },
  {
    group: 'profile',
    command: 'select [name]',
    describe: 'Use a profile when nobody says otherwise',
    load: async () => (await import('./commands/profile-change.ts')).profileSelect,
  },
  {
    group: 'profile',
    command: 'delete <name>',
    describe: 'Forget a profile and its token',
    load: async () => (await import('./commands/profile-change.ts')).profileDelete,
  },
  {
    command: 'devstack',
    describe: 'Start a requester and compute nodes in one go, to try things out',
    load: async () => (await import('./commands/devstack.ts')).devstack,
  },
  {
    group: 'token',
    command: 'new',
    describe: 'Make another API token for the node here, shown once',
    load: async () => (await import('./commands/token-new.ts')).tokenNew,
  },
  {
    command: 'completion <shell>',
    describe: 'Print what makes a shell complete commands, flags and ids',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
]
