"""The pages by theme: each handler calls one function and shows what it gives."""
