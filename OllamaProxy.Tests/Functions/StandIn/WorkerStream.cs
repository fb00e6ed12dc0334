using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;

namespace OllamaProxy.Tests.Functions.StandIn;

/// <summary>The host's side of the one gRPC stream over which it speaks with its worker.</summary>
internal sealed class WorkerStream : FunctionRpc.FunctionRpcBase, IDisposable
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _requests = new();
    private readonly ConcurrentQueue<RpcLog> _logs = new();
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>();

    /// <summary>Completes once the worker has opened the stream.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Cancelled once the worker is gone.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>What the worker has logged.</summary>
    public IReadOnlyCollection<RpcLog> Logs => _logs;

    /// <summary>Sends a message that the worker does not answer.</summary>
    public void Send(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    /// <summary>Sends a message and waits for the worker's answer; is cancelled where the worker goes away without one.</summary>
    public async Task<StreamingMessage> AskAsync(StreamingMessage message)
    {
        message.RequestId = Guid.NewGuid().ToString();
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[message.RequestId] = answer;
        Send(message);
        return await answer.Task.WaitAsync(Ended);
    }

    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        var sending = SendAllAsync(responseStream, context.CancellationToken);
        try
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
                Receive(message);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The worker has ended, or was killed.
        }
        finally
        {
            _outgoing.Writer.TryComplete();
            await sending;
            await _ended.CancelAsync();
        }
    }

    public void Dispose() => _ended.Dispose();

    private void Receive(StreamingMessage message)
    {
        if (message.ContentCase == StreamingMessage.ContentOneofCase.StartStream)
            _opened.TrySetResult();
        else if (message.ContentCase == StreamingMessage.ContentOneofCase.RpcLog)
            _logs.Enqueue(message.RpcLog);
        else if (_requests.TryRemove(message.RequestId, out var answer))
            answer.TrySetResult(message);
    }

    private async Task SendAllAsync(IServerStreamWriter<StreamingMessage> stream, CancellationToken aborted)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(aborted))
                await stream.WriteAsync(message, aborted);
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // Whoever waits for an answer learns it from Ended.
        }
    }
}
