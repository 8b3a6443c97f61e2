import type { Same } from '../en'
import type { errors as en } from '../en/errors'

export const errors: Same<typeof en> = {
  'error.internal': 'Une erreur s’est produite sur le serveur. Réessayez.',
  'error.malformed': 'La demande n’a pas pu être lue. Rechargez la page.',
  'error.limit_exceeded': 'C’est plus que ce qui est permis ici.',
  'error.not_authenticated': 'Cet appareil n’est pas connecté.',
  'error.bad_signature': 'Une signature n’est pas valable. Rien n’a été changé.',
  'error.overloaded': 'Le serveur est occupé. Réessayez dans un instant.',
  'error.rate_limited': 'Trop de tentatives. Patientez un peu.',
  'error.upgrade_required': 'Cette version est trop ancienne. Rechargez la page.',
  'error.storage_full': 'Le disque du serveur est plein. Rien n’a été enregistré.',
  'error.invalid_handle':
    'Un identifiant a de 3 à 32 caractères parmi a–z, 0–9, point, tiret ou trait bas, et commence par une lettre ou un chiffre.',
  'error.handle_taken': 'Cet identifiant est déjà pris. Choisissez-en un autre.',
  'error.unknown_handle': 'Personne n’a cet identifiant sur ce serveur.',
  'error.unknown_account': 'Ce compte ou cet appareil n’existe pas.',
  'error.recovery_refused': 'L’identifiant et la clé de secours ne vont pas ensemble.',
  'error.too_many_devices': 'Un compte a au plus 8 appareils, et le vôtre les a déjà.',
  'error.no_key_package':
    'Impossible d’ajouter cette personne pour l’instant : aucun de ses appareils n’a laissé de clés. Réessayez quand elle se sera connectée.',
  'error.device_revoked': 'Cet appareil a été retiré de votre compte.',
  'error.not_a_member': 'Vous n’êtes pas dans cette conversation.',
  'error.stale_epoch': 'Quelqu’un d’autre a changé quelque chose au même moment. Réessayez.',
  'error.invalid_commit': 'Ce changement n’est pas possible.',
  'error.forbidden': 'Votre rôle ne le permet pas.',
  'error.group_full': 'Le groupe est complet : 1 024 personnes au plus.',
  'error.conversation_exists': 'Cette conversation existe déjà.',
  'error.vault_conflict': 'Quelqu’un d’autre a changé cela au même moment. Réessayez.',
  'error.incomplete_bundle': 'Le changement était incomplet. Réessayez.',
  'error.expired': 'Ces messages sont plus anciens que ce que le serveur conserve.',
  'error.unknown_link': 'Ce lien n’existe pas ou a été révoqué.',
  'error.link_expired': 'Ce lien a expiré. Demandez-en un nouveau.',
  'error.link_used_up': 'Ce lien a été utilisé autant de fois que permis. Demandez-en un nouveau.',
  'error.barred': 'Ce compte a été retiré. Seul un admin peut l’ajouter de nouveau.',
  'error.usage': 'Ce n’est pas possible.',
  'error.server_unreachable': 'Le serveur est injoignable. Vérifiez votre connexion.',
  'error.home_busy': 'Asterism est ouvert dans un autre onglet ou une autre fenêtre.',
  'error.database_damaged':
    'Les données de cet appareil sont endommagées ou viennent d’une version plus récente. Rechargez d’abord la page. Si cela ne suffit pas : effacez les données de ce site dans les réglages du navigateur, rouvrez la page, choisissez « J’ai déjà un compte » et saisissez votre clé de secours. Vos groupes reviennent ; les anciens messages restent sur vos autres appareils.',
  'error.no_account': 'Il n’y a pas de compte sur cet appareil.',
  'error.account_exists': 'Il y a déjà un compte sur cet appareil.',
  'error.unknown_target': 'Rien ne porte ce nom.',
  'error.ambiguous_target': 'Plusieurs portent ce nom.',
  'error.fork_detected': 'Le serveur a montré un historique qui contredit ce qu’il avait montré.',
  'error.timeout': 'Le serveur n’a pas répondu à temps. Réessayez.',
  'error.disk_full':
    'La mémoire de cet appareil est pleine : rien n’a pu être enregistré. Ce qui l’était déjà est en sûreté. Libérez de la place, par exemple dans vos téléchargements, puis réessayez.',
  'error.invalid_name': 'Un nom a de 1 à 100 caractères.',
  'error.invalid_text': 'Un message a au moins un caractère et au plus 64 Kio.',
  'error.invalid_link': 'Ce n’est pas un lien d’invitation.',
  'error.invalid_recovery_key': 'Ce n’est pas une clé de secours. Comparez chaque caractère.',
  'error.already_member': 'Cette personne est déjà membre.',
  'error.server_misbehaved': 'Le serveur a donné une réponse incohérente ; elle a été ignorée.',
  'error.waiting_for_key':
    'Cet appareil attend la clé du groupe : un autre membre doit se connecter pour la lui remettre. Réessayez plus tard.',
  'error.other_server':
    'Ce lien appartient à un autre serveur. Ouvrez-le dans votre navigateur : il faut un compte là-bas pour le suivre.',
  'error.home_read_only': 'Rien ne peut être enregistré sur cet appareil.',
  'error.stale_directory':
    'La clé d’un groupe choisi n’est plus à jour : un de ses admins doit d’abord se connecter. Choisissez d’autres groupes ou réessayez plus tard.',
  'error.unsupported_browser':
    'Ce navigateur ne peut pas faire fonctionner Asterism : il faut une version récente et une adresse qui commence par https.',
}
