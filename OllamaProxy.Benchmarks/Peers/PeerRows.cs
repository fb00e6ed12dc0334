using System.Globalization;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Rows;

namespace OllamaProxy.Benchmarks.Peers;

/// <summary>What other proxies cost on the same load as <see cref="CallRows"/>, in the same run. They keep nothing.</summary>
internal sealed class PeerRows(IReadOnlyList<Peer> peers) : IMeasurement
{
    private const int Connections = 64;

    private readonly IReadOnlyList<PeerRow> _rows =
        [PeerRow.Of("this", "Ollama Proxy"), .. peers.Select(peer => PeerRow.Of(peer.Name, peer.Name) with { Peer = peer })];

    public IReadOnlyList<Row> Rows => [.. _rows.SelectMany(row => new[] { row.FirstByte, row.Rate, row.Cpu })];

    public TimeSpan Patience => TimeSpan.FromMinutes(5 * _rows.Count);

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        foreach (var row in _rows)
        {
            if (row.Peer is { } peer)
            {
                await using var process = await PeerProcess.StartAsync(peer, bench.NewFolder(), ollama.EndPoint, cancellationToken);
                await MeasureAsync(row, new(ollama, process.EndPoint, () => process.CpuTime), bench, results, cancellationToken);
                continue;
            }
            await using var server = await Bench.WorkAsync(bench.Server, Path.Combine(bench.NewFolder(), "queue.db"),
                $"http://{ollama.EndPoint}", Connections, cancellationToken);
            await MeasureAsync(row, new(ollama, server.EndPoint, () => PeerProcess.CpuTimeOf(server.Process.Id)), bench, results,
                cancellationToken);
        }
    }

    private static async Task MeasureAsync(
        PeerRow row, Measured measured, Bench bench, Results results, CancellationToken cancellationToken)
    {
        using var direct = await LoadGenerator.ConnectAsync(measured.Ollama.EndPoint, Connections, cancellationToken);
        using var through = await LoadGenerator.ConnectAsync(measured.EndPoint, Connections, cancellationToken);
        var windows = await Side.CompareAsync(bench.Effort with { WarmUp = bench.Effort.CallLoadWarmUp }, cancellationToken,
            new(direct, CallRows.Whole), new(through, CallRows.Whole));
        results.Note(row.Rate, windows.Median(rates => rates[1] / rates[0]) * 100, string.Create(CultureInfo.InvariantCulture,
            $"{windows.Median(rates => rates[1]):N0}/s against {windows.Median(rates => rates[0]):N0}/s"));

        var calls = bench.Effort.CpuCalls;
        var before = measured.CpuTime();
        await through.RunAsync(calls, CallRows.Whole, cancellationToken);
        results.Note(row.Cpu, (measured.CpuTime() - before).TotalMicroseconds / calls, $"{calls:N0} calls at 64 connections");

        var added = await CallRows.FirstBytesAsync(bench, measured.Ollama.EndPoint, measured.EndPoint, cancellationToken);
        results.Note(row.FirstByte, added.Added, added.Remark);
    }

    /// <summary>What is measured.</summary>
    private sealed record Measured(ServerProcess Ollama, System.Net.IPEndPoint EndPoint, Func<TimeSpan> CpuTime);

    /// <summary>The rows of one program.</summary>
    private sealed record PeerRow(Row FirstByte, Row Rate, Row Cpu)
    {
        /// <summary>The program; null: this one.</summary>
        public Peer? Peer { get; init; }

        public static PeerRow Of(string name, string program) => new(
            new($"peer-{name}-first-byte", $"{program}: time to first byte added to Ollama's, median", Target.None("ms")),
            new($"peer-{name}-64", $"{program}: calls at 64 connections, as a share of those that Ollama alone answers", Target.None("%")),
            new($"peer-{name}-cpu", $"{program}: CPU time a call", Target.None("µs")));
    }
}
