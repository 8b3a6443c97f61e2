export const settings = {
  'settings.title': 'Settings',
  'settings.profile': 'Profile',
  'settings.appearance': 'Language and appearance',
  'settings.devices': 'Devices',
  'settings.recovery': 'Recovery key',
  'settings.keyboard': 'Keyboard',
  'settings.about': 'About',

  'profile.text': 'People in your groups see your name. Your handle is how they find you.',
  'profile.name': 'Name',
  'profile.handle': 'Handle',
  'profile.server': 'Server',
  'profile.copy': 'Copy your handle',

  'appearance.language': 'Language',
  'appearance.theme': 'Appearance',
  'appearance.system': 'Same as the system',
  'appearance.light': 'Light',
  'appearance.dark': 'Dark',

  'devices.text': 'All devices of your account are equal: there is no main phone.',
  'devices.this': 'This device',
  'devices.number': 'Device {number}',
  'devices.added': 'Added on {date}',
  'devices.seen': 'last used {when}',
  'devices.unseen': 'not used yet',
  'devices.now': 'in use now',

  'recovery.text':
    'Your recovery key was shown once, when you created your account. It is the only way back in if you lose all your devices.',
  'recovery.tip.where': 'Make sure that you still know where it is.',
  'recovery.tip.never': 'Nobody will ever ask you for it: neither an admin nor whoever runs the server.',
  'recovery.test': 'Check your key',
  'recovery.test.text': 'Type it here to see whether it has typing errors. It is not sent anywhere.',

  'about.version': 'Version',
  'about.text': 'Asterism is free software: a messenger for communities, end-to-end encrypted.',
  'about.account': 'Account',
  'about.device': 'Device',
  'about.copy': 'Copy account id',
} as const
