"""A command's book: opened for its work, closed whatever comes of it."""


def with_book(opened, work, chosen, say) -> int:
    """The exit code of `work(book, chosen, say)`; `opened(chosen)` gives the book."""
    book = opened(chosen)
    try:
        return work(book, chosen, say)
    finally:
        book.close()
