namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// A transaction before which no lease is left that was made. Whoever looks for leases looks from there on, and need not pass over the dead
/// rows of those that are gone, which stay while somebody holds an old snapshot. Safe for many threads.
/// </summary>
internal sealed class LeaseFloor
{
    private const string Lowest = "0";

    private readonly Lock _lock = new();
    private string _transaction = Lowest;
    private long _generation;

    /// <summary>The number of the transaction, and the generation that it is of.</summary>
    public (string Transaction, long Generation) Current
    {
        get
        {
            lock (_lock)
                return (_transaction, _generation);
        }
    }

    /// <summary>Takes over what a look found, unless all was forgotten since that was begun.</summary>
    /// <param name="transaction">The number of the transaction.</param>
    /// <param name="generation">The generation when the look was begun.</param>
    public void Raise(string transaction, long generation)
    {
        lock (_lock)
            if (generation == _generation)
                _transaction = transaction;
    }

    /// <summary>The server may be another, whose transactions have other numbers.</summary>
    public void Forget()
    {
        lock (_lock)
            (_transaction, _generation) = (Lowest, _generation + 1);
    }
}
