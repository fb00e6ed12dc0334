using Npgsql;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;

namespace OllamaProxy.Storage.Postgres.Engine;

/// <summary>
/// Tells other instances that something was written, and hears it of them, by NOTIFY and LISTEN. It only makes them look sooner: they look
/// by themselves as well, so that nothing is lost where a signal is, as behind a pooler. Signals are sent outside of the transactions of
/// the writer, since PostgreSQL commits those that notify one after the other, and at most one in a while.
/// </summary>
internal sealed class ChangeSignal : IAsyncDisposable
{
    private const string Channel = ProxySchema;

    /// <summary>What is written within this time goes out as one signal.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly PostgresServer _server;
    private readonly PostgresServer _listening;
    private readonly Action _heard;
    private readonly string _me = Guid.NewGuid().ToString();
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _toSend = new(0, 1);
    private readonly Task _loops;

    /// <param name="server">Where signals are sent.</param>
    /// <param name="listening">Where they are heard: the same, or a way to it that leads by no pooler.</param>
    /// <param name="heard">Called when another instance wrote something.</param>
    public ChangeSignal(PostgresServer server, PostgresServer listening, Action heard)
    {
        (_server, _listening, _heard) = (server, listening, heard);
        _loops = Task.WhenAll(Task.Run(() => KeepAsync(SendAsync)), Task.Run(() => KeepAsync(ListenAsync)));
    }

    /// <summary>Has the others told, soon.</summary>
    public void Send()
    {
        try
        {
            if (_toSend.CurrentCount == 0)
                _toSend.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is to be sent as it is.
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

    /// <summary>Does something for as long as this lives: after a fault again, and after many in longer pauses.</summary>
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
        _heard(); // What was said before this listened.
        while (true)
            await connection.WaitAsync(cancellationToken);
    }
}
