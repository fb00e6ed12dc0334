using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// Signals between instances that something was written, by NOTIFY and LISTEN. A signal only makes an instance read sooner: all of them
/// also poll, so that a lost signal, as behind a pooler, loses no change. Signals are sent outside of the writer's transactions and are
/// coalesced, since PostgreSQL holds a global lock while it commits a transaction that notifies.
/// </summary>
internal sealed class ChangeSignal : IAsyncDisposable
{
    private const string Channel = ProxySchema;

    /// <summary>The shortest time between two signals: what is written meanwhile shares one.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly PostgresServer _server;
    private readonly PostgresServer _listening;
    private readonly Action _heard;
    private readonly string _me = Guid.NewGuid().ToString();
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _toSend = new(0, 1);
    private readonly Task _loops;

    /// <param name="server">Sends signals.</param>
    /// <param name="listening">Receives them: the same server, or a direct connection to it where the first goes through a pooler.</param>
    /// <param name="heard">Called when another instance has written something.</param>
    public ChangeSignal(PostgresServer server, PostgresServer listening, Action heard)
    {
        (_server, _listening, _heard) = (server, listening, heard);
        _loops = Task.WhenAll(Task.Run(() => KeepAsync(SendAsync)), Task.Run(() => KeepAsync(ListenAsync)));
    }

    /// <summary>Sends a signal to the other instances soon. Returns at once.</summary>
    public void Send()
    {
        try
        {
            if (_toSend.CurrentCount == 0)
                _toSend.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another thread was first: a signal is pending already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loops;
        if (_listening != _server)
            await _listening.DisposeAsync();
        _end.Dispose();
        _toSend.Dispose();
    }

    /// <summary>Runs a loop until this is disposed of. After a fault it starts again, after each further one with a longer pause.</summary>
    private async Task KeepAsync(Func<CancellationToken, Task> run)
    {
        for (var pause = TimeSpan.FromMilliseconds(100); !_end.IsCancellationRequested; pause = pause * 2 < LongestPause ? pause * 2
            : LongestPause)
        {
            try
            {
                await run(_end.Token);
            }
            catch (Exception exception) when (PostgresServer.IsFault(exception)
                || exception is StoreException or OperationCanceledException)
            {
                await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), _end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _toSend.WaitAsync(cancellationToken);
            await using (var connection = await _server.OpenAsync(cancellationToken))
            {
                await using var command = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection);
                command.Parameters.Add(PostgresValues.Word(Channel));
                command.Parameters.Add(PostgresValues.Word(_me));
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
            await Task.Delay(Interval, cancellationToken);
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _listening.OpenAsync(cancellationToken);
        connection.Notification += (_, signal) =>
        {
            if (signal.Payload != _me)
                _heard();
        };
        await using (var command = new NpgsqlCommand($"LISTEN {Channel}", connection))
            await command.ExecuteNonQueryAsync(cancellationToken);
        _heard(); // Signals may have been sent before this listened.
        while (true)
            await connection.WaitAsync(cancellationToken);
    }
}
