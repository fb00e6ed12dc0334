using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy;
using OllamaProxy.Api;
using OllamaProxy.Configuration;
using OllamaProxy.Functions;
using OllamaProxy.Storage;

try
{
    var builder = FunctionsApplication.CreateBuilder(args);
    builder.ConfigureFunctionsWebApplication();
    builder.AddOllamaProxy(HostLimits.Functions);
    builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
    builder.UseWhen<StartLog>(context => context.FunctionDefinition.Name == StartLog.Function);
    builder.WatchHost();
    builder.Build().Run();
    return 0;
}
catch (Exception exception) when (exception is InvalidSettingException or StoreException)
{
    // A user can correct these: the message suffices, without a stack trace. The host shows only lines that look like errors.
    foreach (var line in exception.Message.Split('\n'))
        await Console.Error.WriteLineAsync($"Error: {line}");
    return 1;
}
