import type { Same } from '../en'
import type { common as en } from '../en/common'

export const common: Same<typeof en> = {
  'app.name': 'Asterism',
  'app.close': 'Fermer',
  'app.cancel': 'Annuler',
  'app.back': 'Retour',
  'app.copy': 'Copier',
  'app.copied': 'Copié',
  'app.copy.failed': 'Le navigateur n’a pas permis de copier. Sélectionnez le texte et copiez-le à la main.',
  'app.print': 'Imprimer',
  'app.save': 'Enregistrer',
  'app.saved': 'Enregistré',
  'app.continue': 'Continuer',
  'app.retry': 'Réessayer',
  'app.loading': 'Chargement…',
  'app.notifications': 'Avis',
  'app.you': 'Vous',
  'name.pending': 'Nom en attente…',

  'nav.label': 'Principale',
  'nav.chats': 'Discussions',
  'nav.communities': 'Communautés',
  'nav.fresh': 'Du nouveau',
  'nav.settings': 'Réglages',
  'nav.skip': 'Aller à la conversation',
  'nav.unread': { one: '{count} message non lu', other: '{count} messages non lus' },

  'boot.starting': 'Ouverture de vos conversations…',
  'boot.failed.title': 'Asterism n’a pas pu démarrer',
  'boot.failed.reload': 'Recharger la page',

  'connection.connecting': 'Connexion…',
  'connection.offline':
    'Pas de connexion. Gardez cette page ouverte : vous pouvez lire et écrire, et les messages partiront au retour de la connexion.',
  'connection.retry': 'Réessayer maintenant',
  'connection.unanswered': 'Le serveur ne répond pas encore. Nouvelles tentatives en cours…',
  'connection.full':
    'La mémoire de cet appareil est pleine. Vous pouvez lire ce qui est ici ; rien de nouveau n’est reçu ni enregistré tant qu’il n’y a pas de place.',

  'keys.title': 'Raccourcis clavier',
  'keys.switcher': 'Aller à une conversation ou une communauté',
  'keys.previous': 'Conversation précédente',
  'keys.next': 'Conversation suivante',
  'keys.close': 'Fermer une fenêtre, un volet ou une citation',
  'keys.send': 'Envoyer',
  'keys.line': 'Aller à la ligne',
  'keys.help': 'Cette liste',
  'keys.messages': 'De message en message',
  'keys.reply': 'Répondre au message sélectionné',
  'keys.landmarks': 'Partie suivante de la page',
  'kbd.enter': 'Entrée',
  'kbd.shift': 'Maj',
  'kbd.escape': 'Échap',
}
