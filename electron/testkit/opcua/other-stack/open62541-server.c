/*
 * A server on open62541 (C) with the points of test-server.ts, for tests that run where open62541 is installed.
 *
 *   open62541-server PORT [name=value ...]
 *
 * Numbers: counters, tickMs, waveforms, blockSize, blockMs, itemsPerCall, nodesPerRead, sessions, publishRequests,
 * notifications, queue, samplingMs, sessionTimeoutMs, retransmission, bufferBytes, tokenLifetimeMs, history, alarm.
 * Texts: namespaces=a,b user=NAME:PASSWORD certificate=FILE.der key=FILE.der uri=URI
 *
 * It prints "ready" when it listens. A line on stdin is answered by one on stdout: "count", "hold" (stops counting and
 * gives the last count), "set NAME NUMBER [STATUS]", "nan NAME", "text NAME", "alarm 0|1", "sessions".
 */
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/historydata/history_data_backend_memory.h>
#include <open62541/plugin/historydata/history_data_gathering_default.h>
#include <open62541/plugin/historydata/history_database_default.h>
#include <open62541/plugin/pki_default.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 1.5 has it, 1.4 does not. */
#ifndef UA_NS0ID
#define UA_NS0ID(name) UA_NODEID_NUMERIC(0, UA_NS0ID_##name)
#endif

static const char *plantUri = "urn:millwright:test-plant";
static int argumentCount;
static char **arguments;
static UA_Server *server;
static UA_UInt16 plant;
static UA_DateTime startTicks;
static long counted, blocks;
static int held;
static UA_NodeId condition;

static const char *
text(const char *name, const char *otherwise) {
    size_t length = strlen(name);
    for(int i = 2; i < argumentCount; i++)
        if(strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=')
            return arguments[i] + length + 1;
    return otherwise;
}

static double
number(const char *name, double otherwise) {
    const char *found = text(name, NULL);
    return found ? atof(found) : otherwise;
}

static UA_ByteString
contents(const char *file) {
    UA_ByteString bytes = UA_BYTESTRING_NULL;
    FILE *from = file ? fopen(file, "rb") : NULL;
    if(!from)
        return bytes;
    fseek(from, 0, SEEK_END);
    size_t length = (size_t)ftell(from);
    rewind(from);
    if(UA_ByteString_allocBuffer(&bytes, length) == UA_STATUSCODE_GOOD && fread(bytes.data, 1, length, from) != length)
        UA_ByteString_clear(&bytes);
    fclose(from);
    return bytes;
}

static void
quiet(void *context, UA_LogLevel level, UA_LogCategory category, const char *message, va_list values) {
    (void)context;
    (void)level;
    (void)category;
    (void)message;
    (void)values;
}

static void
write_(UA_UInt16 namespace, char *name, UA_DataValue value) {
    UA_Server_writeDataValue(server, UA_NODEID_STRING(namespace, name), value);
}

static UA_DataValue
timed(void *scalar, const UA_DataType *type, UA_StatusCode status, UA_DateTime at) {
    UA_DataValue value;
    UA_DataValue_init(&value);
    if(scalar) {
        UA_Variant_setScalar(&value.value, scalar, type);
        value.hasValue = true;
    }
    value.status = status;
    value.hasStatus = status != UA_STATUSCODE_GOOD;
    value.sourceTimestamp = at;
    value.hasSourceTimestamp = true;
    return value;
}

static void
tick(UA_Server *ignored, void *data) {
    (void)ignored;
    (void)data;
    if(held)
        return;
    double tickMs = number("tickMs", 100);
    /* Catches up after a stall of this process: the ticks are a promise. */
    long due = (long)((double)(UA_DateTime_now() - startTicks) / UA_DATETIME_MSEC / tickMs);
    for(; counted < due; counted++) {
        double value = (double)(counted + 1);
        UA_DateTime at = startTicks + (UA_DateTime)(value * tickMs * UA_DATETIME_MSEC);
        for(int i = 0; i < (int)number("counters", 4); i++) {
            char name[16];
            snprintf(name, sizeof name, "c%d", i);
            write_(plant, name, timed(&value, &UA_TYPES[UA_TYPES_DOUBLE], UA_STATUSCODE_GOOD, at));
        }
    }
}

static void
block(UA_Server *ignored, void *data) {
    (void)ignored;
    (void)data;
    size_t size = (size_t)number("blockSize", 1024);
    float *samples = (float *)malloc(size * sizeof(float));
    blocks++;
    for(size_t i = 0; i < size; i++)
        samples[i] = (float)blocks;
    for(int i = 0; i < (int)number("waveforms", 0); i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d", i);
        UA_DataValue value = timed(NULL, NULL, UA_STATUSCODE_GOOD,
                                   startTicks + (UA_DateTime)(blocks * number("blockMs", 100) * UA_DATETIME_MSEC));
        UA_Variant_setArray(&value.value, samples, size, &UA_TYPES[UA_TYPES_FLOAT]);
        value.hasValue = true;
        write_(plant, name, value);
    }
    free(samples);
}

static void
add(UA_UInt16 namespace, char *name, const UA_DataType *type, size_t length, UA_HistoryDataGathering *gathering) {
    static UA_Byte nothing[1 << 22];
    static UA_UInt32 anyLength[1] = {0};
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    double decoy = -1;
    UA_Boolean real = namespace == plant;
    if(length > 0) {
        UA_Variant_setArray(&attributes.value, nothing, length, type);
        attributes.valueRank = UA_VALUERANK_ONE_DIMENSION;
        /* 0: of any length. The server wants one where there is a rank. */
        attributes.arrayDimensions = anyLength;
        attributes.arrayDimensionsSize = 1;
    } else {
        attributes.valueRank = UA_VALUERANK_SCALAR;
        UA_Variant_setScalar(&attributes.value, real ? (void *)nothing : (void *)&decoy, type);
    }
    attributes.dataType = type->typeId;
    attributes.displayName = UA_LOCALIZEDTEXT("en", name);
    attributes.accessLevel = UA_ACCESSLEVELMASK_READ | (gathering ? UA_ACCESSLEVELMASK_HISTORYREAD : 0);
    attributes.historizing = gathering != NULL;
    UA_NodeId id = UA_NODEID_STRING(namespace, name);
    UA_Server_addVariableNode(server, id, UA_NS0ID(OBJECTSFOLDER), UA_NS0ID(ORGANIZES),
                              UA_QUALIFIEDNAME(namespace, name), UA_NS0ID(BASEDATAVARIABLETYPE), attributes, NULL, NULL);
    if(!gathering)
        return;
    UA_HistorizingNodeIdSettings setting;
    memset(&setting, 0, sizeof setting);
    setting.historizingBackend = UA_HistoryDataBackend_Memory(1, 20000);
    setting.maxHistoryDataResponseSize = 100;
    setting.historizingUpdateStrategy = UA_HISTORIZINGUPDATESTRATEGY_VALUESET;
    gathering->registerNodeId(server, gathering->context, &id, setting);
}

static void
addPoints(UA_HistoryDataGathering *gathering) {
    char wanted[512];
    UA_UInt16 namespaces[16];
    int count = 0;
    snprintf(wanted, sizeof wanted, "%s", text("namespaces", plantUri));
    for(char *uri = strtok(wanted, ","); uri && count < 16; uri = strtok(NULL, ",")) {
        namespaces[count] = UA_Server_addNamespace(server, uri);
        if(strcmp(uri, plantUri) == 0)
            plant = namespaces[count];
        count++;
    }
    for(int n = 0; n < count; n++) {
        char name[16];
        for(int i = 0; i < (int)number("counters", 4); i++) {
            snprintf(name, sizeof name, "c%d", i);
            add(namespaces[n], name, &UA_TYPES[UA_TYPES_DOUBLE], 0, namespaces[n] == plant ? gathering : NULL);
        }
    }
    for(int i = 0; i < (int)number("waveforms", 0); i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d", i);
        add(plant, name, &UA_TYPES[UA_TYPES_FLOAT], (size_t)number("blockSize", 1024), NULL);
    }
    add(plant, "slow", &UA_TYPES[UA_TYPES_DOUBLE], 0, NULL);
    /* Of no type of its own: it takes numbers and text. */
    UA_VariableAttributes any = UA_VariableAttributes_default;
    double zero = 0;
    UA_Variant_setScalar(&any.value, &zero, &UA_TYPES[UA_TYPES_DOUBLE]);
    any.valueRank = UA_VALUERANK_ANY;
    UA_Server_addVariableNode(server, UA_NODEID_STRING(plant, "switching"), UA_NS0ID(OBJECTSFOLDER),
                              UA_NS0ID(ORGANIZES), UA_QUALIFIEDNAME(plant, "switching"),
                              UA_NS0ID(BASEDATAVARIABLETYPE), any, NULL, NULL);
}

static void
setField(const char *field, void *scalar, const UA_DataType *type) {
    UA_Variant value;
    UA_Variant_setScalar(&value, scalar, type);
    UA_Server_setConditionField(server, condition, &value, UA_QUALIFIEDNAME(0, (char *)(uintptr_t)field));
}

static void
setState(const char *field, UA_Boolean state) {
    UA_Variant value;
    UA_Variant_setScalar(&value, &state, &UA_TYPES[UA_TYPES_BOOLEAN]);
    UA_Server_setConditionVariableFieldProperty(server, condition, &value,
                                                UA_QUALIFIEDNAME(0, (char *)(uintptr_t)field),
                                                UA_QUALIFIEDNAME(0, "Id"));
}

static void
addAlarm(void) {
    UA_Server_createCondition(server, UA_NODEID_NULL, UA_NS0ID(OFFNORMALALARMTYPE), UA_QUALIFIEDNAME(0, "Pump tripped"),
                              UA_NS0ID(SERVER), UA_NODEID_NULL, &condition);
    UA_UInt16 severity = 700;
    setField("Severity", &severity, &UA_TYPES[UA_TYPES_UINT16]);
    setState("EnabledState", true);
}

static void
alarm_(int active) {
    UA_DateTime now = UA_DateTime_now();
    UA_Boolean retain = true;
    UA_LocalizedText message = UA_LOCALIZEDTEXT("en", active ? "The pump has tripped" : "The pump runs again");
    UA_Server_writeObjectProperty_scalar(server, condition, UA_QUALIFIEDNAME(0, "Time"), &now,
                                         &UA_TYPES[UA_TYPES_DATETIME]);
    setField("Message", &message, &UA_TYPES[UA_TYPES_LOCALIZEDTEXT]);
    setField("Retain", &retain, &UA_TYPES[UA_TYPES_BOOLEAN]);
    setState("ActiveState", active != 0);
    if(!active)
        UA_Server_triggerConditionEvent(server, condition, UA_NS0ID(SERVER), NULL);
}

static void
answer(char *line) {
    char name[64] = "";
    double value = 0;
    unsigned status = 0;
    if(strncmp(line, "hold", 4) == 0)
        held = 1;
    if(sscanf(line, "set %63s %lf %x", name, &value, &status) >= 2)
        write_(plant, name, timed(&value, &UA_TYPES[UA_TYPES_DOUBLE], status, UA_DateTime_now()));
    if(sscanf(line, "nan %63s", name) == 1) {
        value = NAN;
        write_(plant, name, timed(&value, &UA_TYPES[UA_TYPES_DOUBLE], 0, UA_DateTime_now()));
    }
    if(sscanf(line, "text %63s", name) == 1) {
        UA_String off = UA_STRING("off");
        write_(plant, name, timed(&off, &UA_TYPES[UA_TYPES_STRING], 0, UA_DateTime_now()));
    }
    if(sscanf(line, "alarm %lf", &value) == 1)
        alarm_(value != 0);
    UA_ServerStatistics statistics = UA_Server_getStatistics(server);
    if(strncmp(line, "sessions", 8) == 0)
        printf("%zu\n", statistics.ss.currentSessionCount);
    else
        printf("%ld\n", counted);
    fflush(stdout);
}

static void
configure(UA_ServerConfig *config) {
    UA_UInt16 port = (UA_UInt16)atoi(arguments[1]);
    UA_ByteString certificate = contents(text("certificate", NULL));
    UA_ByteString key = contents(text("key", NULL));
    if(certificate.length > 0) {
        UA_ServerConfig_setDefaultWithSecurityPolicies(config, port, &certificate, &key, NULL, 0, NULL, 0, NULL, 0);
        UA_CertificateVerification_AcceptAll(&config->secureChannelPKI);
        UA_CertificateVerification_AcceptAll(&config->sessionPKI);
    } else
        UA_ServerConfig_setMinimalCustomBuffer(config, port, NULL, (UA_UInt32)number("bufferBytes", 0),
                                               (UA_UInt32)number("bufferBytes", 0));
    UA_String_clear(&config->applicationDescription.applicationUri);
    config->applicationDescription.applicationUri = UA_STRING_ALLOC(text("uri", "urn:millwright:open62541"));
    for(size_t i = 0; i < config->endpointsSize; i++) {
        UA_String_clear(&config->endpoints[i].server.applicationUri);
        UA_String_copy(&config->applicationDescription.applicationUri, &config->endpoints[i].server.applicationUri);
    }
    config->maxMonitoredItemsPerCall = (UA_UInt32)number("itemsPerCall", 0);
    config->maxNodesPerRead = (UA_UInt32)number("nodesPerRead", 0);
    if(text("sessions", NULL))
        config->maxSessions = (UA_UInt16)number("sessions", 0);
    if(text("publishRequests", NULL))
        config->maxPublishReqPerSession = (UA_UInt32)number("publishRequests", 0);
    if(text("notifications", NULL))
        config->maxNotificationsPerPublish = (UA_UInt32)number("notifications", 0);
    if(text("retransmission", NULL))
        config->maxRetransmissionQueueSize = (UA_UInt32)number("retransmission", 0);
    if(text("tokenLifetimeMs", NULL))
        config->maxSecurityTokenLifetime = (UA_UInt32)number("tokenLifetimeMs", 0);
    config->queueSizeLimits.max = (UA_UInt32)number("queue", 10000);
    config->samplingIntervalLimits.min = number("samplingMs", 0);
    config->publishingIntervalLimits.min = 20;
    config->maxSessionTimeout = number("sessionTimeoutMs", 3600000);
    const char *user = text("user", NULL);
    if(!user)
        return;
    static char name[64];
    snprintf(name, sizeof name, "%s", user);
    char *password = strchr(name, ':');
    *password++ = 0;
    UA_UsernamePasswordLogin login = {UA_STRING(name), UA_STRING(password)};
    UA_AccessControl_default(config, false, NULL, 1, &login);
}

int
main(int argc, char **argv) {
    argumentCount = argc;
    arguments = argv;
    UA_ServerConfig config;
    memset(&config, 0, sizeof config);
    static UA_Logger silent;
    silent.log = quiet;
    if(!getenv("OPEN62541_LOG"))
        config.logging = &silent;
    configure(&config);
    UA_HistoryDataGathering gathering = UA_HistoryDataGathering_Default(8);
    int history = number("history", 0) != 0;
    if(history)
        config.historyDatabase = UA_HistoryDatabase_default(gathering);
    server = UA_Server_newWithConfig(&config);
    if(!server)
        return 1;
    addPoints(history ? &gathering : NULL);
    if(number("alarm", 0) != 0)
        addAlarm();
    startTicks = UA_DateTime_now();
    UA_Server_addRepeatedCallback(server, tick, NULL, number("tickMs", 100), NULL);
    if(number("waveforms", 0) > 0)
        UA_Server_addRepeatedCallback(server, block, NULL, number("blockMs", 100), NULL);
    if(UA_Server_run_startup(server) != UA_STATUSCODE_GOOD)
        return 1;
    printf("ready\n");
    fflush(stdout);
    for(;;) {
        UA_Server_run_iterate(server, false);
        struct pollfd in = {STDIN_FILENO, POLLIN, 0};
        /* Closed: the test has ended, and so does its server. */
        if(poll(&in, 1, 2) <= 0)
            continue;
        char line[256];
        ssize_t length = read(STDIN_FILENO, line, sizeof line - 1);
        if(length <= 0)
            return 0;
        line[length] = 0;
        answer(line);
    }
}
