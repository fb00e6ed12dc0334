using System.Text.Json;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Faults;

/// <summary>Routes by which other processes can request faults. They are not part of Ollama's API.</summary>
internal sealed class FaultEndpoints(FaultQueue faults)
{
    private const string Expected =
        """The body must be JSON such as {"fault":"stall","after_tokens":3,"times":2,"status":503,"error":"...","retry_after":1}, """
        + "with one of the faults refuse, status, hang, stall, cut, error_line, no_done, not_json and empty.";

    public async Task AddAsync(HttpContext context)
    {
        var request = await ReadAsync(context);
        if ((request is null ? Expected : request.Problem) is { } problem)
        {
            await JsonReply.ErrorAsync(context.Response, StatusCodes.Status400BadRequest, problem, context.RequestAborted);
            return;
        }

        faults.Enqueue(request!.ToFault(), request.Times);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public Task ClearAsync(HttpContext context)
    {
        faults.Clear();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static async Task<FaultRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, FaultJson.Default.FaultRequest, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
