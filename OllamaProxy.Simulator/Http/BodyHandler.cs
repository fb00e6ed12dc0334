namespace OllamaProxy.Simulator.Http;

/// <summary>Handles a native request that runs no model.</summary>
internal static class BodyHandler
{
    /// <summary>Reads the body and hands it on; what is thrown about it is told as Ollama tells it.</summary>
    public static async Task InvokeAsync(HttpContext context, Func<ReadOnlyMemory<byte>, CancellationToken, Task> handle)
    {
        var ct = context.RequestAborted;
        try
        {
            await handle(await RequestBody.ReadAsync(context.Request, ct), ct);
        }
        catch (OllamaException exception)
        {
            await JsonReply.ErrorAsync(context.Response, exception.Status, exception.Message, ct);
        }
    }
}
