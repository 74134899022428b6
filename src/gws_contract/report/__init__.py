"""What a reader gets. Everything renders from the same rulings; nothing here decides."""
