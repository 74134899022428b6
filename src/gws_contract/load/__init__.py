"""A load run: many agents accept chats that are offered at a rate, and every chat is judged. Knows Locust."""
