using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Functions.StandIn;

/// <summary>
/// Stands in for the Functions host, which no registry has: it starts the worker process, has it declare and load its functions, gives
/// them their routes and fires their timers. It ends the worker with itself.
/// </summary>
internal sealed class HostStandIn : IAsyncDisposable
{
    /// <summary>What the host tells a timer function, where it keeps no account of its runs.</summary>
    private const string Tick = """{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}""";

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private readonly WorkerStream _stream = new();
    private readonly ConcurrentQueue<Invocation> _invocations = new();
    private readonly WebApplication _rpc;
    private WebApplication? _http;
    private HttpForwarder? _forwarder;
    private HttpClient? _client;
    private Task _timers = Task.CompletedTask;

    private HostStandIn()
    {
        var builder = CreateBuilder(HttpProtocols.Http2);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_stream);
        _rpc = builder.Build();
        _rpc.MapGrpcService<WorkerStream>();
    }

    public WorkerProcess Worker { get; private set; } = null!;

    /// <summary>What the worker declares, all of it loaded.</summary>
    public IReadOnlyList<WorkerFunction> Functions { get; private set; } = [];

    public HttpClient Client => _client!;

    public IReadOnlyCollection<Invocation> Invocations => _invocations;

    public IReadOnlyCollection<RpcLog> Logs => _stream.Logs;

    /// <summary>Starts a worker that is not expected to become ready.</summary>
    public static async Task<HostStandIn> LaunchAsync(params (string Name, string Value)[] settings)
    {
        var host = new HostStandIn();
        await host._rpc.StartAsync();
        host.Worker = new(new(host._rpc.Urls.Single()), settings);
        return host;
    }

    /// <summary>Starts a worker, and returns when its functions can be called.</summary>
    public static async Task<HostStandIn> StartAsync(params (string Name, string Value)[] settings)
    {
        var host = await LaunchAsync(settings);
        try
        {
            await host.Worker.BecomesReadyAsync(host.InitializeAsync());
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public void Cancel(Invocation invocation) => _stream.Send(new() { InvocationCancel = new() { InvocationId = invocation.Id } });

    /// <summary>Tells the worker to end, as a host does that stops.</summary>
    public void Terminate() => _stream.Send(new() { WorkerTerminate = new() });

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        Worker.Dispose();
        // Its end reaches the stream with the connection, and the timers with the stream.
        await _timers;
        if (_http is not null)
            await _http.DisposeAsync();
        _forwarder?.Dispose();
        await _rpc.DisposeAsync();
        _stream.Dispose();
    }

    private async Task InitializeAsync()
    {
        await _stream.Opened;
        var initialized = (await _stream.AskAsync(new()
        {
            WorkerInitRequest = new() { HostVersion = "4.1037.0", FunctionAppDirectory = WorkerProcess.Folder },
        })).WorkerInitResponse;
        Succeeded(initialized.Result);
        var declared = (await _stream.AskAsync(new()
        {
            FunctionsMetadataRequest = new() { FunctionAppDirectory = WorkerProcess.Folder },
        })).FunctionMetadataResponse;
        Succeeded(declared.Result);
        foreach (var metadata in declared.FunctionMetadataResults)
        {
            var request = new FunctionLoadRequest { FunctionId = metadata.FunctionId, Metadata = metadata };
            Succeeded((await _stream.AskAsync(new() { FunctionLoadRequest = request })).FunctionLoadResponse.Result);
        }
        Functions = [.. declared.FunctionMetadataResults.Select(metadata => new WorkerFunction(metadata))];
        await ServeAsync(new(initialized.Capabilities["HttpUri"]));
        _timers = Task.WhenAll(Functions.Where(function => function.Schedule is not null).Select(FireAsync));
    }

    private async Task ServeAsync(Uri worker)
    {
        await Eventually.NotNull(() => ListensAsync(worker));
        _forwarder = new(worker, function => Invoke(function), Cancel);
        _http = CreateBuilder(HttpProtocols.Http1).Build();
        _forwarder.Map(_http, Functions);
        await _http.StartAsync();
        _client = new(HttpForwarder.CreateHandler()) { BaseAddress = new(_http.Urls.Single()) };
    }

    /// <summary>A worker opens its stream before it listens; the host tries again where a connection is refused.</summary>
    private static async Task<string?> ListensAsync(Uri worker)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(worker.Host, worker.Port);
            return "listens";
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return null;
        }
    }

    /// <summary>
    /// Fires one timer again and again, never while it runs; more often than its schedule says, so that no test waits for it.
    /// </summary>
    private async Task FireAsync(WorkerFunction function)
    {
        using var timer = new PeriodicTimer(TickInterval);
        try
        {
            do
                await Invoke(function, new ParameterBinding { Name = function.Parameter, Data = new() { Json = Tick } }).Response;
            while (await timer.WaitForNextTickAsync(_stream.Ended));
        }
        catch (OperationCanceledException)
        {
            // The worker has ended.
        }
    }

    private Invocation Invoke(WorkerFunction function, params IEnumerable<ParameterBinding> inputs)
    {
        // A worker that is given no trace or no retry context fails the invocation.
        var request = new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = function.Metadata.FunctionId,
            InputData = { inputs },
            TraceContext = new() { TraceParent = $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01" },
            RetryContext = new(),
        };
        var invocation = new Invocation(request.InvocationId, function.Name, AnswerAsync(request));
        _invocations.Enqueue(invocation);
        return invocation;
    }

    private async Task<InvocationResponse> AnswerAsync(InvocationRequest request) =>
        (await _stream.AskAsync(new() { InvocationRequest = request })).InvocationResponse;

    private static WebApplicationBuilder CreateBuilder(HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });
        return builder;
    }

    private static void Succeeded(StatusResult result) =>
        Assert.True(result.Status == StatusResult.Types.Status.Success, result.Exception?.Message);
}
