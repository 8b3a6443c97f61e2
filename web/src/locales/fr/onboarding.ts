import type { Same } from '../en'
import type { onboarding as en } from '../en/onboarding'

export const onboarding: Same<typeof en> = {
  'welcome.title': 'Un lieu pour les gens qui comptent',
  'welcome.text':
    'Des groupes et des conversations que seuls leurs membres peuvent lire. Sans numéro de téléphone, sans adresse e-mail, sans publicité.',
  'welcome.create': 'Créer un compte',
  'welcome.recover': 'J’ai déjà un compte',
  'welcome.point.private': 'Chiffré sur votre appareil : qui gère le serveur ne peut rien lire.',
  'welcome.point.free': 'Un nom et un identifiant suffisent.',
  'welcome.point.yours': 'Votre communauté, sur le serveur de votre choix.',
  'welcome.server': 'Serveur : {server}',
  'welcome.language': 'Langue',

  'signup.title': 'Créez votre compte',
  'signup.text': 'Sur {server}',
  'signup.name': 'Votre nom',
  'signup.name.note': 'Tel que les autres le verront. Vous pourrez le changer.',
  'signup.handle': 'Votre identifiant',
  'signup.handle.note':
    'C’est par lui qu’on vous trouve. De 3 à 32 lettres a–z, chiffres, points, tirets ou traits bas.',
  'signup.code': 'Code d’invitation',
  'signup.code.note': 'Ce serveur en demande un. La personne qui le gère vous le donne.',
  'signup.submit': 'Créer le compte',

  'key.title': 'Gardez votre clé de secours',
  'key.text':
    'Si vous perdez cet appareil, cette clé est le seul moyen de retrouver votre compte. Elle s’affiche maintenant et plus jamais. Personne ne peut la remplacer : ni nous, ni qui gère le serveur.',
  'key.label': 'Votre clé de secours',
  'key.tip.paper': 'Imprimez-la ou recopiez-la, et rangez-la avec vos papiers importants.',
  'key.tip.manager': 'Ou enregistrez-la dans un gestionnaire de mots de passe.',
  'key.tip.secret': 'Ne la montrez à personne : qui la possède peut se faire passer pour vous.',
  'key.confirm': 'J’ai mis ma clé de secours en lieu sûr',
  'key.print.title': 'Clé de secours Asterism',
  'key.print.account': 'Compte @{handle} sur {server}',
  'key.copied': 'Copiée. Collez-la en lieu sûr, puis copiez autre chose.',

  'recover.title': 'Retrouver votre compte',
  'recover.text':
    'Il vous faut votre identifiant et la clé de secours que vous avez gardée. Ce navigateur devient un nouvel appareil à vous.',
  'recover.key': 'Clé de secours',
  'recover.key.note': '55 lettres et chiffres. Espaces, tirets et majuscules n’ont pas d’importance.',
  'recover.missing': { one: 'Encore {count} caractère', other: 'Encore {count} caractères' },
  'recover.wrong':
    'Une clé de secours ne contient jamais « {character} » : il n’y a que les lettres de a à z et les chiffres de 2 à 7.',
  'recover.long': 'C’est trop long pour une clé de secours.',
  'recover.checksum': 'Il y a une faute de frappe quelque part : comparez chaque groupe.',
  'recover.complete': 'La clé est complète',
  'recover.submit': 'Retrouver le compte',
  'recover.none': 'Pas encore de compte ?',
  'recover.history': 'Vos groupes reviennent. Les anciens messages restent sur vos autres appareils.',

  'join.opening': 'Ouverture de l’invitation…',
  'join.title': 'Vous êtes invité·e',
  'join.title.community': 'Vous êtes invité·e dans une communauté',
  'join.happens.announcements': 'Vous recevez ses annonces.',
  'join.happens.groups':
    'Vous entrez d’emblée dans ses premiers groupes et voyez ceux que vous pouvez rejoindre.',
  'join.within':
    'Ce groupe appartient à une communauté. En y entrant, on fait aussi partie de la communauté et on reçoit ses annonces.',
  'join.members': { one: '{count} membre', other: '{count} membres' },
  'join.sealed': 'Seuls les membres peuvent lire ce qui s’y écrit.',
  'join.as': 'Vous entrez en tant que {name} (@{handle})',
  'join.submit': 'Rejoindre {name}',
  'join.create': 'Créer le compte et entrer',
  'join.open': 'Ouvrir la conversation',
  'join.already': 'Vous êtes déjà dans ce groupe.',
  'join.open.community': 'Ouvrir la communauté',
  'join.already.community': 'Vous êtes déjà dans cette communauté.',
  'join.failed': 'Cette invitation ne fonctionne pas',
  'join.lost': 'Il manque la partie secrète du lien. Rouvrez le lien entier, tel qu’on vous l’a envoyé.',
  'join.home': 'Vers vos conversations',
  'join.start': 'Vers la première page',
  'join.account': 'J’ai déjà un compte',
  'join.joining': 'Entrée dans le groupe…',
}
