"""The homeworks of well-known courses, reproduced: one short script each."""
