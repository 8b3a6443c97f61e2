mod conversation;
mod people;
