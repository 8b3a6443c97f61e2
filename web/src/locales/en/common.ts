export const common = {
  'app.name': 'Asterism',
  'app.close': 'Close',
  'app.cancel': 'Cancel',
  'app.back': 'Back',
  'app.copy': 'Copy',
  'app.copied': 'Copied',
  'app.print': 'Print',
  'app.save': 'Save',
  'app.saved': 'Saved',
  'app.continue': 'Continue',
  'app.retry': 'Try again',
  'app.loading': 'Loading…',
  'app.notifications': 'Notices',
  'app.you': 'You',
  'name.pending': 'Name on its way…',

  'nav.label': 'Main',
  'nav.chats': 'Chats',
  'nav.communities': 'Communities',
  'nav.fresh': 'Something unread',
  'nav.settings': 'Settings',
  'nav.skip': 'Skip to the conversation',
  'nav.unread': { one: '{count} unread message', other: '{count} unread messages' },

  'boot.starting': 'Opening your conversations…',
  'boot.failed.title': 'Asterism could not start',
  'boot.failed.reload': 'Reload the page',

  'connection.connecting': 'Connecting…',
  'connection.offline':
    'You are offline. You can read and write; messages go out when the connection is back.',

  'alarm.fork.title': 'This conversation was stopped for your safety',
  'alarm.fork.text':
    'The server showed you a different history than it showed the others, or changed it afterwards. What you have read so far is genuine. Nothing new is shown here. Please tell an admin, by another way than this server.',
  'alarm.clock.title': 'This device’s clock is wrong',
  'alarm.clock.text':
    'It differs from the server’s by more than ten minutes. Times shown may be wrong, and links may seem expired. Please set the clock.',
  'alarm.other': 'Something needs your attention: {code}',
  'alarm.dismiss': 'Understood',

  'keys.title': 'Keyboard shortcuts',
  'keys.switcher': 'Go to a conversation or community',
  'keys.previous': 'Previous conversation',
  'keys.next': 'Next conversation',
  'keys.close': 'Close a dialog, a pane or a quote',
  'keys.send': 'Send',
  'keys.line': 'New line',
  'keys.help': 'This list',
  'keys.messages': 'From message to message',
  'keys.reply': 'Reply to the message in focus',
  'keys.landmarks': 'Next part of the page',
} as const
