"""What layers hold, looked at before anything is learned from them."""
