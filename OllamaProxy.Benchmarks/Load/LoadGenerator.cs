using System.Diagnostics;
using System.Net;

namespace OllamaProxy.Benchmarks.Load;

/// <summary>
/// Keep-alive connections that each send a request as soon as the one before is answered. They live as long as this
/// does, so that no measurement pays for connects.
/// </summary>
internal sealed class LoadGenerator : IDisposable
{
    private readonly Connection[] _connections;

    private LoadGenerator(Connection[] connections) => _connections = connections;

    /// <summary>
    /// Has every socket of this process go on where its event is seen, which saves a hop to another thread for each
    /// answer. It must be called before the first socket is made.
    /// </summary>
    public static void UseInlineCompletions() => Environment.SetEnvironmentVariable(InlineCompletions, "1");

    /// <summary>The variable that does so; what is measured must not inherit it.</summary>
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static Task<LoadGenerator> ConnectAsync(IPEndPoint server, int connections, CancellationToken cancellationToken) =>
        ConnectToAllAsync([server], connections, cancellationToken);

    /// <summary>Shares the connections out among several servers.</summary>
    public static async Task<LoadGenerator> ConnectToAllAsync(
        IReadOnlyList<IPEndPoint> servers, int connections, CancellationToken cancellationToken)
    {
        var opened = new List<Connection>();
        try
        {
            while (opened.Count < connections)
                opened.Add(await Connection.OpenAsync(servers[opened.Count % servers.Count], cancellationToken));
            return new([.. opened]);
        }
        catch
        {
            opened.ForEach(connection => connection.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Sends requests for a while, each connection at random from those given, and returns how many were answered a second.
    /// </summary>
    /// <exception cref="BenchmarkException">One was not answered, or with an error.</exception>
    public async Task<double> RunAsync(TimeSpan duration, IReadOnlyList<byte[]> requests, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var answers = await RunAsync(() => Stopwatch.GetTimestamp() < end, requests, cancellationToken);
        return answers / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Sends this many requests, each at random from those given.</summary>
    /// <exception cref="BenchmarkException">One was not answered, or with an error.</exception>
    public Task RunAsync(int count, IReadOnlyList<byte[]> requests, CancellationToken cancellationToken) =>
        RunAsync(() => Interlocked.Decrement(ref count) >= 0, requests, cancellationToken);

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
    }

    private async Task<long> RunAsync(Func<bool> goOn, IReadOnlyList<byte[]> requests, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(_connections.Select(async connection =>
        {
            var answered = 0L;
            while (goOn())
            {
                var request = requests.Count == 1 ? requests[0] : requests[Random.Shared.Next(requests.Count)];
                await connection.AskAsync(request, cancellationToken);
                answered++;
            }
            return answered;
        })).ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Else what follows would hold up the thread that watches the sockets.
        return answers.Sum();
    }
}
