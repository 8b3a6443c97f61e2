/** One title and text for each code that the core raises. */
export const alarms = {
  'alarm.fork_detected.title': 'This conversation was stopped for your safety',
  'alarm.fork_detected.text':
    'The server showed you a different history than it showed the others, or changed it afterwards. What you have read so far is genuine. Nothing new is shown here. Please tell an admin, by another way than this server.',
  'alarm.server_misbehaved.title': 'Something is missing here',
  'alarm.server_misbehaved.text':
    'The server speaks of messages that it does not show, so nothing newer appears. This device goes on asking for them. If it lasts, tell whoever runs the server.',
  'alarm.body_withheld.title': 'A message is not shown',
  'alarm.body_withheld.text':
    'The server keeps back what was written in it. Ask somebody here what you missed, and tell whoever runs the server.',
  'alarm.commit_refused.title': 'Your device refused a change here',
  'alarm.commit_refused.text':
    'The change was not made as it should be, and the server still shows it. Until that is settled, nothing newer appears here. Usually it settles by itself; if it lasts, tell an admin by another way.',
  'alarm.receipt_differs.title': 'Somebody’s device sees this conversation differently',
  'alarm.receipt_differs.text':
    'It reports another state of it than yours has. It may be faulty or dishonest, or the server shows the two of you different things. Compare with somebody whom you trust who is in it.',
  'alarm.change_undone.title': 'A change of yours did not hold',
  'alarm.change_undone.text':
    'What you changed here was undone, and this device has given up repeating it. Look whether it is still needed, and make it again.',
  'alarm.history_unverified.title': 'A part of the history could not be checked',
  'alarm.history_unverified.text':
    'This device was away for longer than the server keeps everything. For what happened meanwhile there is only the server’s word, and messages may be missing. If anything here surprises you, such as people you do not know, ask somebody by another way.',
  'alarm.other_account.title': 'A handle that you know leads to somebody else',
  'alarm.other_account.text':
    'The server says that it belongs to another account now. What you were about to do was stopped. Ask the person, by another way, whether they have a new account.',
  'alarm.clock_skew.title': 'This device’s clock is wrong',
  'alarm.clock_skew.text':
    'It differs from the server’s by more than ten minutes. Times shown may be wrong, and links may seem expired. Please set the clock.',
  'alarm.other': 'Something needs your attention: {code}',
  'alarm.dismiss': 'Understood',
} as const
