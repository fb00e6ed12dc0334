using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Rows;

/// <summary>How long the server takes from its start to its first answer.</summary>
internal sealed class StartRows : IMeasurement
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Row _empty = new("start-empty", "from the start to the first answer, in an empty folder", Target.Below(0.6, "s"));
    private readonly Row _million = new("start-million", "the same with a million prompts in the file", Target.Below(1, "s"));

    public IReadOnlyList<Row> Rows => [_empty, _million];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        if (results.Wants(_empty))
            await NoteEmptyAsync(bench, bench.Server, results, _empty, cancellationToken);
        if (results.Wants(_million))
            await NoteMillionAsync(bench, bench.Server, results, _million, cancellationToken);
    }

    public static Task NoteEmptyAsync(Bench bench, ServerProgram program, Results results, Row row, CancellationToken cancellationToken) =>
        NoteAsync(bench, program, () => Path.Combine(bench.NewFolder(), "queue.db"), results, row, cancellationToken);

    public static async Task NoteMillionAsync(Bench bench, ServerProgram program, Results results, Row row,
        CancellationToken cancellationToken)
    {
        var file = await bench.MillionAsync();
        await NoteAsync(bench, program, () => file.Path, results, row, cancellationToken);
    }

    private static async Task NoteAsync(Bench bench, ServerProgram program, Func<string> database, Results results, Row row,
        CancellationToken cancellationToken)
    {
        var seconds = new List<double>();
        while (seconds.Count < bench.Effort.Starts)
            seconds.Add(await StartAsync(program, database(), cancellationToken));
        results.Note(row, seconds.Median(), $"{seconds.Count} starts, {seconds.Min():0.00} to {seconds.Max():0.00} s");
    }

    private static async Task<double> StartAsync(ServerProgram program, string database, CancellationToken cancellationToken)
    {
        var endPoint = FreeEndPoint();
        var settings = Bench.Settings(database).Append(("OLLAMA_PROXY_WORKER", "false"));
        var started = Stopwatch.GetTimestamp();
        using var process = program.Start(Path.GetDirectoryName(database)!, $"http://{endPoint}", settings);
        try
        {
            while (!await AnswersAsync(endPoint, cancellationToken))
            {
                if (process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
                    throw new BenchmarkException("The server does not start.");
                await Task.Delay(1, cancellationToken);
            }
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<bool> AnswersAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = await Connection.OpenAsync(endPoint, cancellationToken);
            await connection.AskAsync(Request.Get("/healthz"), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A port that was free a moment ago.</summary>
    private static IPEndPoint FreeEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
