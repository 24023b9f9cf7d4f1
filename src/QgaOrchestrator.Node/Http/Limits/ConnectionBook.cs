namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>
/// The open connections. When all places are taken, a new connection gets the place of the one that has been idle longest;
/// connections without a valid token go first. So idle strangers keep nobody out; they are dropped soon in any case.
/// </summary>
public sealed class ConnectionBook(TimeProvider time)
{
    /// <summary>A connection that has not shown a valid token is dropped when it is idle for this long.</summary>
    public static readonly TimeSpan StrangerTime = TimeSpan.FromSeconds(10);

    private readonly Lock _writing = new();
    private readonly LinkedList<Connection> _strangers = [], _known = [];
    private int _count;

    /// <summary>How many places there are. Set again when it is known how many descriptors the VMs need.</summary>
    public int Most { get; set; } = OpenFiles.MostConnections;

    public int Count
    {
        get
        {
            lock (_writing) return _count;
        }
    }

    /// <param name="drop">Ends the connection.</param>
    /// <returns>Null: every place has a request under way.</returns>
    public Connection? Arrive(Action drop)
    {
        Connection? made = null;
        List<Connection> victims = [];
        lock (_writing)
        {
            while (_count >= Most && (_strangers.First ?? _known.First)?.Value is { } victim)
            {
                Forget(victim);
                victims.Add(victim);
            }
            if (_count < Most)
            {
                made = new(drop);
                Rest(made);
                _count++;
            }
        }
        foreach (var victim in victims) victim.Drop();
        return made;
    }

    /// <summary>The connection has ended, or was dropped.</summary>
    public void Leave(Connection connection)
    {
        lock (_writing) Forget(connection);
    }

    /// <summary>A request begins. The connection is not dropped until it ends.</summary>
    public void Begin(Connection connection)
    {
        lock (_writing) connection.Place?.List?.Remove(connection.Place);
    }

    /// <param name="known">The request bore a valid token.</param>
    public void End(Connection connection, bool known)
    {
        lock (_writing)
        {
            connection.IsKnown |= known;
            if (!connection.IsGone) Rest(connection);
        }
    }

    /// <summary>Drops idle connections without a valid token.</summary>
    public void Sweep()
    {
        List<Connection> idle = [];
        lock (_writing)
        {
            while (_strangers.First?.Value is { } oldest && time.GetElapsedTime(oldest.Since) >= StrangerTime)
            {
                Forget(oldest);
                idle.Add(oldest);
            }
        }
        foreach (var connection in idle) connection.Drop();
    }

    private void Rest(Connection connection)
    {
        connection.Since = time.GetTimestamp();
        connection.Place = (connection.IsKnown ? _known : _strangers).AddLast(connection);
    }

    private void Forget(Connection connection)
    {
        if (connection.IsGone) return;
        connection.IsGone = true;
        connection.Place?.List?.Remove(connection.Place);
        _count--;
    }

    /// <summary>One connection; the book's lock guards all of it.</summary>
    public sealed class Connection(Action drop)
    {
        internal LinkedListNode<Connection>? Place { get; set; }

        internal long Since { get; set; }

        internal bool IsKnown { get; set; }

        internal bool IsGone { get; set; }

        internal void Drop() => drop();
    }
}
