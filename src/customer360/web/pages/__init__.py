"""Write the pages people read: server-rendered, whole without JavaScript."""
