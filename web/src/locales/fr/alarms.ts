import type { Same } from '../en'
import type { alarms as en } from '../en/alarms'

export const alarms: Same<typeof en> = {
  'alarm.fork_detected.title': 'Cette conversation est arrêtée pour votre sécurité',
  'alarm.fork_detected.text':
    'Le serveur vous a montré un autre historique qu’aux autres, ou l’a modifié après coup. Ce que vous avez lu jusqu’ici est authentique. Rien de nouveau ne s’affiche plus. Prévenez un admin, mais sans passer par ce serveur.',
  'alarm.server_misbehaved.title': 'Il manque quelque chose ici',
  'alarm.server_misbehaved.text':
    'Le serveur annonce des messages qu’il ne livre pas ; rien de plus récent ne s’affiche donc. Cet appareil continue de les demander. Si cela dure, prévenez la personne qui gère le serveur.',
  'alarm.body_withheld.title': 'Un message ne s’affiche pas',
  'alarm.body_withheld.text':
    'Le serveur retient ce qui y est écrit. Demandez à quelqu’un d’ici ce que vous avez manqué, et prévenez la personne qui gère le serveur.',
  'alarm.commit_refused.title': 'Votre appareil a refusé une modification ici',
  'alarm.commit_refused.text':
    'Elle ne respecte pas les règles, et le serveur la montre encore. Tant que ce n’est pas réglé, rien de plus récent ne s’affiche ici. En général, cela se règle tout seul ; si cela dure, prévenez un admin par un autre moyen.',
  'alarm.receipt_differs.title': 'Un autre appareil voit cette conversation autrement',
  'alarm.receipt_differs.text':
    'Il signale un autre état que le vôtre. Il est peut-être défectueux ou malhonnête, ou bien le serveur ne vous montre pas la même chose. Comparez avec une personne de confiance qui en fait partie.',
  'alarm.change_undone.title': 'Une de vos modifications a été annulée',
  'alarm.change_undone.text':
    'Ce que vous avez modifié ici n’a pas tenu, et cet appareil a renoncé à le refaire. Si c’est encore nécessaire, recommencez.',
  'alarm.history_unverified.title': 'Une partie de l’historique n’a pas pu être vérifiée',
  'alarm.history_unverified.text':
    'Cet appareil est resté hors ligne plus longtemps que le serveur ne conserve ses données. Pour ce qui s’est passé entre-temps, il n’y a que la parole du serveur, et des messages manquent peut-être. Si quelque chose vous surprend, comme des gens que vous ne connaissez pas, renseignez-vous par un autre moyen.',
  'alarm.other_account.title': 'Un identifiant que vous connaissez appartient à quelqu’un d’autre',
  'alarm.other_account.text':
    'Le serveur dit qu’il appartient maintenant à un autre compte. Ce que vous alliez faire a été arrêté. Demandez à la personne, par un autre moyen, si elle a un nouveau compte.',
  'alarm.clock_skew.title': 'L’horloge de cet appareil n’est pas à l’heure',
  'alarm.clock_skew.text':
    'Elle diffère de plus de dix minutes de celle du serveur. Les heures affichées peuvent être fausses et des liens sembler expirés. Réglez l’horloge.',
  'alarm.other': 'Quelque chose demande votre attention : {code}',
  'alarm.dismiss': 'Compris',
}
