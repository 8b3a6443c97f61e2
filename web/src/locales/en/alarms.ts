/** One title and text for each code that the core raises. */
export const alarms = {
  'alarm.fork_detected.title': 'This conversation was stopped for your safety',
  'alarm.fork_detected.text':
    'The server showed you a different history than it showed the others, or changed it afterwards. What you have read so far is genuine. Nothing new is shown here. Please tell an admin, but not through this server.',
  'alarm.server_misbehaved.title': 'Something is missing here',
  'alarm.server_misbehaved.text':
    'The server mentions messages that it does not deliver, so nothing newer appears. This device keeps asking for them. If this goes on, tell whoever runs the server.',
  'alarm.body_withheld.title': 'A message is not shown',
  'alarm.body_withheld.text':
    'The server is holding back what was written in it. Ask somebody here what you missed, and tell whoever runs the server.',
  'alarm.commit_refused.title': 'Your device refused a change here',
  'alarm.commit_refused.text':
    'The change broke the rules, and the server still shows it. Until this is resolved, nothing newer appears here. It usually resolves itself; if it does not, tell an admin some other way.',
  'alarm.receipt_differs.title': 'Somebody’s device sees this conversation differently',
  'alarm.receipt_differs.text':
    'It reports a different state than yours. That device may be faulty or dishonest, or the server is showing the two of you different things. Compare with somebody here whom you trust.',
  'alarm.change_undone.title': 'A change you made was undone',
  'alarm.change_undone.text':
    'What you changed here did not last, and this device has stopped trying to repeat it. If it is still needed, please make it again.',
  'alarm.history_unverified.title': 'Part of the history could not be checked',
  'alarm.history_unverified.text':
    'This device was offline for longer than the server keeps its records. For what happened in between there is only the server’s word, and messages may be missing. If anything here surprises you, such as people you do not know, ask somebody some other way.',
  'alarm.other_account.title': 'A handle that you know now belongs to somebody else',
  'alarm.other_account.text':
    'The server says that it belongs to another account now. What you were about to do was stopped. Ask the person, some other way, whether they have a new account.',
  'alarm.clock_skew.title': 'This device’s clock is wrong',
  'alarm.clock_skew.text':
    'It differs from the server’s by more than ten minutes. Times shown may be wrong, and links may seem expired. Please set the clock.',
  'alarm.other': 'Something needs your attention: {code}',
  'alarm.dismiss': 'Understood',
} as const
