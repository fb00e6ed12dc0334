using System.Globalization;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Faults;

/// <summary>Sends the faults that replace a whole answer.</summary>
internal static class FaultReply
{
    public static async Task SendAsync(HttpContext context, Fault fault, ApiFamily family, LoggedRequest logged, CancellationToken ct)
    {
        if (fault.Kind is FaultKind.Hang) await Task.Delay(Timeout.Infinite, ct);

        logged.End();
        var response = context.Response;
        switch (fault.Kind)
        {
            case FaultKind.Refuse:
                context.Abort();
                break;
            case FaultKind.Status:
                response.Headers.RetryAfter = fault.RetryAfterSeconds?.ToString(CultureInfo.InvariantCulture);
                response.StatusCode = fault.StatusCode;
                if (fault.StatusCode is 204 or 205 or 304) break; // Kestrel rejects a body here.
                await family.ErrorAsync(response, fault.StatusCode, fault.Error, ct);
                break;
            case FaultKind.NotJson:
                await PlainReply.TextAsync(context, "text/html", "<!doctype html><title>Welcome</title><p>This is not Ollama.</p>\n");
                break;
            case FaultKind.Empty:
                response.ContentType = family.Framing.ContentType;
                response.ContentLength = 0;
                break;
        }
    }
}
